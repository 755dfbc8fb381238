"""One physics step in the published order (physics specification, section 6)."""

import copy

import numpy as np

from tests.reference import quirks as q
from tests.reference.algebra import clamp
from tests.reference.bodies import Bodies, gather, scatter
from tests.reference.contact_solver import solvable, solve_contacts, warm_start
from tests.reference.contacts import Contacts, carry_over, detect, remember_all
from tests.reference.drives import apply_motors, apply_thrusters, thruster_anchors
from tests.reference.joint_solver import solve_joints, warm_start_joints
from tests.reference.state import Params, State

DEFAULTS = Params()
TABLES = ("pp", "cp", "cc")


def step(state: State, controls, params: Params = DEFAULTS, quirks=q.ALL) -> tuple[State, Contacts]:
    """Advance one scene by one physics step.

    `controls` (J + T,): motor values, then thruster values. Returns the next state and the
    contacts as they were found at the start of the step. The arguments are left as they are.
    """
    state = copy.deepcopy(state)
    bodies = gather(state)
    joint, thruster = state.joint, state.thruster
    controls = np.asarray(controls, bodies.position.dtype)
    num_joints = len(joint.active)

    moving = np.ones_like(bodies.active) if q.INACTIVE_BODIES_MOVE in quirks else bodies.active
    apply_gravity(bodies, state.gravity, moving, params)
    contacts = detect(state, bodies, quirks)
    impulses = {
        name: carry_over(getattr(contacts, name), getattr(state.memory, name), quirks)
        for name in TABLES
    }
    apply_motors(bodies, joint, controls[:num_joints], params, quirks)
    apply_thrusters(bodies, thruster, controls[num_joints:], params)
    solve(state, bodies, contacts, impulses, params, quirks)
    integrate(bodies, moving, params)
    clip(bodies, moving, params)

    thruster.global_position = thruster_anchors(bodies, thruster)
    state.memory = remember_all(contacts, impulses)
    state.polygon, state.circle = scatter(bodies, state)
    return state, contacts


def apply_gravity(bodies: Bodies, gravity, moving, params: Params) -> None:
    falling = moving & (bodies.inverse_mass != 0)
    bodies.velocity[falling] += gravity * params.dt


def solve(state: State, bodies: Bodies, contacts: Contacts, impulses, params, quirks) -> None:
    """Warm start, then the solver iterations; `impulses` of the tables change in place."""
    tables = {name: getattr(contacts, name) for name in TABLES}
    live = {name: solvable(tables[name], bodies, state.collision_matrix) for name in TABLES}
    positions = bodies.position if q.JOINTS_MOVE_CONTACTS in quirks else bodies.position.copy()

    for name in TABLES:
        warm_start(tables[name], bodies, live[name], *impulses[name])
    warm_start_joints(bodies, state.joint)
    for _ in range(params.num_solver_iterations):
        solve_joints(bodies, state.joint, params, quirks)
        for name in TABLES:
            solve_contacts(
                tables[name], bodies, positions, live[name], *impulses[name], params, quirks
            )


def integrate(bodies: Bodies, moving, params: Params) -> None:
    bodies.position[moving] += bodies.velocity[moving] * params.dt
    bodies.rotation[moving] += bodies.angular_velocity[moving] * params.dt


def clip(bodies: Bodies, moving, params: Params) -> None:
    for name, bound in (
        ("position", params.clip_position),
        ("velocity", params.clip_velocity),
        ("angular_velocity", params.clip_angular_velocity),
    ):
        array = getattr(bodies, name)
        array[moving] = clamp(array[moving], -bound, bound)

"""Random scenes that exercise what recorded levels lack.

Triangles and free quadrilaterals, all collision modes, restitution, fixed joints, limits, fixated
bodies, unused slots with left-over data, warm-start memory with stale flags, circles inside
polygons: but small and slow enough that one step does not blow up.
"""

import copy

import numpy as np

from tests.reference.algebra import unrotate
from tests.reference.bodies import gather
from tests.reference.contacts import detect
from tests.reference.mass import (
    circle_inertia,
    circle_mass,
    empty_world,
    polygon_inertia,
    polygon_mass,
)
from tests.reference.pairs import NUM_STATIC_FIXATED_POLYS as F
from tests.reference.pairs import collision_matrix
from tests.reference.state import Body, Memory, State, astype
from tests.reference.step import step

# Largest differences (m, rad, m/s, rad/s) of one step between two float32 implementations.
STEP_TOLERANCE = {
    "position": 1e-5,
    "rotation": 1e-5,
    "velocity": 1e-4,
    "angular_velocity": 1e-3,
}


def random_state(rng: np.random.Generator, P: int, C: int, J: int, T: int) -> State:
    """A scene with P >= 4 polygons (the first four are the boundary), C circles, J joints, T
    thrusters; any of the last three may be 0."""
    state = empty_world(P, C, J, T)
    size = min(0.5, 1.4 / np.sqrt(max(P + C - F, 1)))
    _random_boundary(rng, state.polygon)
    for i in range(F, P):
        _random_polygon(rng, state.polygon, i, size)
    for k in range(C):
        _random_circle(rng, state.circle, k, size)
        if rng.random() < 0.2:
            _put_inside(rng, state, k)
    for j in range(J):
        _random_joint(rng, state, j, size)
    for t in range(T):
        _random_thruster(rng, state, t, size)
    joint = state.joint
    state.collision_matrix = collision_matrix(joint.a_index, joint.b_index, joint.active, P + C)
    state.gravity = np.array([rng.normal() * 2, rng.uniform(-12, 2)], np.float32)
    _random_memory(rng, state)
    return state


def random_controls(rng: np.random.Generator, J: int, T: int) -> np.ndarray:
    """(J + T,): motor values of -1..1 (often -1, 0, 1), thruster values of 0..1."""
    motors = np.where(rng.random(J) < 0.5, rng.integers(-1, 2, J), rng.uniform(-1, 1, J))
    thrusters = np.where(rng.random(T) < 0.5, rng.integers(0, 2, T), rng.uniform(0, 1, T))
    return np.concatenate([motors, thrusters]).astype(np.float32)


def random_roles(rng: np.random.Generator, P: int, C: int) -> tuple[np.ndarray, np.ndarray]:
    """Roles of polygons and circles; several bodies may share one."""
    return rng.integers(0, 4, P).astype(np.int32), rng.integers(0, 4, C).astype(np.int32)


def _random_boundary(rng, polygon: Body) -> None:
    polygon.friction[:F] = rng.uniform(0.2, 1.5, F)
    polygon.restitution[:F] = rng.choice([0, 0.3, 0.8], F)
    polygon.active[:F] = rng.random(F) < 0.97


def _random_motion(rng, body: Body, i: int) -> None:
    body.position[i] = rng.uniform(0.2, 3.2), rng.uniform(0.3, 3.2)
    body.rotation[i] = rng.normal() * 2
    body.velocity[i] = rng.normal(size=2) * 1.2
    body.angular_velocity[i] = rng.normal() * 1.5
    body.friction[i] = rng.uniform(0, 1.5)
    body.restitution[i] = rng.choice([0, rng.uniform(0, 1)])
    body.collision_mode[i] = rng.choice([0, 1, 2], p=[0.2, 0.6, 0.2])
    body.active[i] = rng.random() < 0.9


def _random_fixation(rng, body: Body, i: int) -> None:
    """Now and then an infinite mass, an infinite inertia or both."""
    kind = rng.random()
    if kind < 0.16:
        body.inverse_mass[i] = 0
    if kind < 0.12 or 0.16 < kind < 0.2:
        body.inverse_inertia[i] = 0


def _random_polygon(rng, polygon: Body, i: int, size: float) -> None:
    _random_motion(rng, polygon, i)
    n = int(rng.choice([3, 4], p=[0.4, 0.6]))
    if n == 4 and rng.random() < 0.5:
        w, h = rng.uniform(0.3, 1.0, 2) * size
        corners = np.array([(w, h), (w, -h), (-w, -h), (-w, h)])
    else:
        angles = -(np.arange(n) + rng.uniform(-0.3, 0.3, n)) * 2 * np.pi / n
        radii = np.array([[1.0, rng.uniform(0.4, 1.0)]]) * size
        corners = np.stack([np.cos(angles), np.sin(angles)], axis=-1) * radii
        corners -= corners.mean(axis=0)
    vertices = np.zeros((4, 2), np.float32)
    vertices[:n] = corners
    density = np.float32(rng.uniform(0.5, 2))
    polygon.n_vertices[i] = n
    polygon.inverse_mass[i] = 1 / polygon_mass(vertices, n, density)
    polygon.inverse_inertia[i] = 1 / polygon_inertia(vertices, n, density)
    if n == 3 and rng.random() < 0.5:
        vertices[3] = rng.normal(size=2) * size
    polygon.vertices[i] = vertices
    polygon.radius[i] = rng.uniform(0, 1)
    _random_fixation(rng, polygon, i)


def _random_circle(rng, circle: Body, k: int, size: float) -> None:
    _random_motion(rng, circle, k)
    radius, density = np.float32(rng.uniform(0.3, 1.0) * size), np.float32(rng.uniform(0.5, 2))
    circle.n_vertices[k] = rng.choice([0, 4])
    circle.radius[k] = radius
    circle.inverse_mass[k] = 1 / circle_mass(radius, density)
    circle.inverse_inertia[k] = 1 / circle_inertia(radius, density)
    _random_fixation(rng, circle, k)


def _put_inside(rng, state: State, k: int) -> None:
    """Move circle `k` into some polygon that is not of the boundary."""
    P = len(state.polygon.active)
    if P > F:
        near = state.polygon.position[rng.integers(F, P)]
        state.circle.position[k] = near + rng.normal(size=2) * 0.05


def _random_joint(rng, state: State, j: int, size: float) -> None:
    joint = state.joint
    a, b = _random_bodies(rng, state, j, size)
    bodies = gather(state)
    anchor = (bodies.position[a] + bodies.position[b]) / 2 + rng.normal(size=2) * 0.2 * size
    for name, i in (("a_relative_pos", a), ("b_relative_pos", b)):
        arm = anchor - bodies.position[i] + rng.normal(size=2) * 0.02
        getattr(joint, name)[j] = unrotate(bodies.rotation[i], arm)
    joint.a_index[j], joint.b_index[j] = a, b
    joint.global_position[j] = anchor
    joint.active[j] = rng.random() < 0.85
    joint.is_fixed_joint[j] = rng.random() < 0.3
    joint.motor_on[j] = rng.random() < 0.7
    joint.motor_has_joint_limits[j] = rng.random() < 0.6
    joint.motor_speed[j] = rng.uniform(-2, 2)
    joint.motor_power[j] = rng.uniform(0, 0.3)
    joint.min_rotation[j], joint.max_rotation[j] = rng.uniform(-0.5, 0), rng.uniform(0, 0.5)
    joint.rotation[j] = bodies.rotation[b] - bodies.rotation[a] + rng.normal() * 0.4
    joint.acc_impulse[j] = rng.normal(size=2) * 0.02
    if joint.is_fixed_joint[j]:
        joint.acc_r_impulse[j] = rng.normal() * 0.002


def _random_bodies(rng, state: State, j: int, size: float) -> tuple[int, int]:
    """Two bodies for joint `j`; one that has no joint yet is brought close to the other."""
    P, C, _, _ = state.sizes
    joint, N = state.joint, P + C
    low = F if N - F >= 2 and rng.random() < 0.9 else 0
    a, b = (int(i) for i in rng.choice(np.arange(low, N), 2, replace=False))
    jointed = {*joint.a_index[:j].tolist(), *joint.b_index[:j].tolist()}
    for moved, other in ((a, b), (b, a)):
        if moved >= F and other >= F and moved not in jointed:
            body, i = (state.polygon, moved) if moved < P else (state.circle, moved - P)
            body.position[i] = gather(state).position[other] + rng.normal(size=2) * 0.8 * size
            break
    return a, b


def _random_thruster(rng, state: State, t: int, size: float) -> None:
    thruster = state.thruster
    N = len(state.polygon.active) + len(state.circle.active)
    thruster.object_index[t] = rng.integers(min(F, N - 1), N)
    thruster.relative_position[t] = rng.uniform(-size, size, 2) * 0.7
    thruster.rotation[t] = rng.uniform(-np.pi, np.pi)
    thruster.power[t] = rng.uniform(0, 1.5)
    thruster.active[t] = rng.random() < 0.8


def _random_memory(rng, state: State) -> None:
    """Impulses and flags in all rows: mostly the flags of the present contacts, some stale."""
    contacts = detect(state, gather(state))
    for name in ("pp", "cp", "cc"):
        contact = getattr(contacts, name)
        shape = contact.active.shape
        active = np.where(contact.active, rng.random(shape) < 0.85, rng.random(shape) < 0.1)
        points = copy.deepcopy(contact.point)
        if name == "pp" and len(points):
            swapped = rng.random(len(points)) < 0.3
            points[swapped] = points[swapped][:, ::-1]
        acc_n = rng.uniform(0, 0.03, shape).astype(np.float32)
        acc_t = rng.uniform(-0.01, 0.01, shape).astype(np.float32)
        setattr(state.memory, name, Memory(active, acc_n, acc_t, points))


def random_case(
    rng: np.random.Generator, P: int, C: int, J: int, T: int
) -> tuple[State, np.ndarray]:
    """A random state and controls whose step is comparable number by number.

    A few per cent of random scenes amplify rounding (a near-tie of two contact features, a badly
    conditioned chain of joints); they are drawn again.
    """
    while True:
        state, controls = random_state(rng, P, C, J, T), random_controls(rng, J, T)
        if amplification(state, controls) < 0.2:
            return state, controls


def amplification(state: State, controls: np.ndarray) -> float:
    """Largest difference of a float32 and a float64 step, as a share of `STEP_TOLERANCE`."""
    single, found = step(state, controls)
    double, sought = step(astype(state, np.float64), controls)
    for name in ("pp", "cp", "cc"):
        if not np.array_equal(getattr(found, name).active, getattr(sought, name).active):
            return np.inf
    shares = [0.0]
    for kind in ("polygon", "circle"):
        for field, tolerance in STEP_TOLERANCE.items():
            a, b = (getattr(getattr(result, kind), field) for result in (single, double))
            shares.append(np.max(np.abs(a - b), initial=0) / tolerance)
    return float(max(shares)) if np.all(np.isfinite(shares)) else np.inf

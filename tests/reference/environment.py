"""The episodic task around the physics (environment specification, sections 3 to 5)."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from tests.reference import quirks as q
from tests.reference.algebra import norm
from tests.reference.contacts import Contacts
from tests.reference.pairs import body_pairs
from tests.reference.state import Array, Params, State, from_golden, to_golden
from tests.reference.step import step

NUM_MOTOR_BINDINGS = 4
NUM_THRUSTER_BINDINGS = 2
GREEN_BLUE, GREEN_RED = 2, 3
DEFAULTS = Params()


@dataclass
class EnvironmentState:
    physics: State
    polygon_shape_roles: Array  # (P,) int32: 0 grey, 1 green, 2 blue, 3 red
    circle_shape_roles: Array  # (C,) int32
    motor_bindings: Array  # (J,) int32
    motor_auto: Array  # (J,) bool
    thruster_bindings: Array  # (T,) int32
    timestep: Array  # () int32
    last_distance: Array  # () f32, -1 = unknown


class Touching(NamedTuple):
    """Flags of the three pair lists."""

    pp: Array
    cp: Array
    cc: Array


class Evaluation(NamedTuple):
    reward: float  # -1, 0 or 1
    goal: bool
    distance: np.floating


class StepResult(NamedTuple):
    reward: np.floating
    done: bool
    goal: bool
    distance: np.floating
    contacts: tuple[Contacts, ...]  # one for each physics step


def environment_from_golden(
    archive: Mapping[str, Array], row: int, prefix: str = "state."
) -> EnvironmentState:
    names = [f.name for f in dataclasses.fields(EnvironmentState) if f.name != "physics"]
    fields = {name: np.asarray(archive[prefix + name][row]) for name in names}
    return EnvironmentState(physics=from_golden(archive, row, prefix), **fields)


def touching_flags(contacts: Contacts) -> Touching:
    return Touching(contacts.pp.touching, contacts.cp.touching, contacts.cc.touching)


def evaluate(
    state: State, polygon_roles: Array, circle_roles: Array, touching: Touching
) -> Evaluation:
    """Reward, goal and distance of one physics step.

    `state` is the state after the step, `touching` was found at its start.
    """
    P, C, _, _ = state.sizes
    active = np.concatenate([state.polygon.active, state.circle.active])
    role = np.concatenate([polygon_roles, circle_roles]) * active
    position = np.concatenate([state.polygon.position, state.circle.position])
    hit = lava = False
    distance = position.dtype.type(0)
    for pairs, flags in zip(body_pairs(P, C), touching, strict=True):
        for (a, b), touches in zip(pairs, flags, strict=True):
            product = role[a] * role[b]
            hit |= bool(touches and product == GREEN_BLUE)
            lava |= bool(touches and product == GREEN_RED)
            if product == GREEN_BLUE:
                distance += norm(position[a] - position[b])
    reward = -1.0 if lava else (1.0 if hit else 0.0)
    return Evaluation(reward, reward > 0, distance)


def decode_multi_discrete(action) -> tuple[Array, Array]:
    """Motor and thruster inputs of six integers."""
    motors = np.array([0, 1, -1], np.float32)[np.clip(action[:NUM_MOTOR_BINDINGS], 0, 2)]
    thrusters = (np.asarray(action[NUM_MOTOR_BINDINGS:]) != 0).astype(np.float32)
    return motors, thrusters


def decode_continuous(action) -> tuple[Array, Array]:
    """Motor and thruster inputs of six floats."""
    action = np.asarray(action, np.float32)
    motors = np.clip(action[:NUM_MOTOR_BINDINGS], -1, 1)
    return motors, np.clip(action[NUM_MOTOR_BINDINGS:], 0, 1)


def decode_discrete(action: int) -> tuple[Array, Array]:
    """Motor and thruster inputs of one integer below 11."""
    motors = np.zeros(NUM_MOTOR_BINDINGS, np.float32)
    thrusters = np.zeros(NUM_THRUSTER_BINDINGS, np.float32)
    if action < 2 * NUM_MOTOR_BINDINGS:
        motors[action // 2] = -1 if action % 2 == 0 else 1
    elif action > 2 * NUM_MOTOR_BINDINGS:
        thrusters[action - 2 * NUM_MOTOR_BINDINGS - 1] = 1
    return motors, thrusters


def control_vector(environment: EnvironmentState, motors: Array, thrusters: Array) -> Array:
    """(J + T,): what each joint and each thruster receives."""
    motor = np.minimum(environment.motor_bindings, len(motors) - 1)
    thruster = np.minimum(environment.thruster_bindings, len(thrusters) - 1)
    joints = np.where(environment.motor_auto, 1, np.clip(motors[motor], -1, 1))
    return np.concatenate([joints, np.clip(thrusters[thruster], 0, 1)]).astype(np.float32)


def environment_step(
    environment: EnvironmentState,
    inputs: tuple[Array, Array],
    params: Params = DEFAULTS,
    *,
    frame_skip: int = 2,
    max_timesteps: int = 256,
    dense_reward_scale: float = 0.1,
    quirks=q.ALL,
) -> tuple[EnvironmentState, StepResult]:
    """One environment step without auto-reset; `inputs` come from a `decode_*` function."""
    controls = control_vector(environment, *inputs)
    physics, decisive, found = environment.physics, None, ()
    for _ in range(frame_skip):
        physics, contacts = step(physics, controls, params, quirks)
        found += (contacts,)
        result = evaluate(
            physics,
            environment.polygon_shape_roles,
            environment.circle_shape_roles,
            touching_flags(contacts),
        )
        if decisive is None and result.reward != 0:
            decisive = result
    info = decisive or result
    timestep = environment.timestep + np.int32(1)
    done = bool(decisive or has_nan(physics) or timestep >= max_timesteps)

    # Python floats take on float32 beside the distance.
    delta = -(info.distance - environment.last_distance) * dense_reward_scale
    unknown = environment.last_distance == -1 or dense_reward_scale == 0
    reward = np.float32(info.reward)
    if not unknown and np.isfinite(delta):
        reward = reward + delta
    following = dataclasses.replace(
        environment,
        physics=physics,
        timestep=np.asarray(timestep),
        last_distance=np.asarray(-1 if done else info.distance, np.float32),
    )
    return following, StepResult(reward, done, info.goal, info.distance, found)


def has_nan(state: State) -> bool:
    return any(np.isnan(array).any() for array in to_golden(state).values())

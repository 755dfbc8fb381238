"""How far episodes are from the published ones: environment steps, trajectories, observations.

Recordings and bounds are those of the golden data's schema.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import jax
import numpy as np

from kinetix_core.env import Environment, EnvState, Transition, rules
from kinetix_core.env.action_config import MultiDiscreteConfig
from kinetix_core.env.actions import MultiDiscreteActions
from kinetix_core.interfaces import Engine, EnvConfig, ObservationEncoder, Task
from kinetix_core.scene import ContactMemory, Scene

from ._chunks import chunks, in_chunks, join
from ._golden import Recording

STEP_TOLERANCE = 1e-5
"""Of reward and distance after one step, and of the features of an observation."""
REWARD_TOLERANCE = 1e-4
"""Of rewards along a trajectory, where they are determined."""
BOUND_BASE, BOUND_SENSITIVITY = 1e-4, 30.0
"""|position error| < base + sensitivity * S(t), with S the running largest sensitivity."""
ALL_IN_BOUND_UNTIL = 24
LEAST_SHARE_IN_BOUND = 0.98
DETERMINED_BELOW = 1e-5


@dataclass(frozen=True)
class EnvironmentParity:
    """One environment step from every recorded state."""

    recording: str
    rows: int
    rows_within: int
    largest_reward_error: float
    largest_distance_error: float
    done_differing: int
    goal_differing: int
    outside: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Every row within tolerance."""
        return self.rows_within == self.rows > 0


@dataclass(frozen=True)
class TrajectoryParity:
    """Recorded actions played from recorded starts.

    left: level -> first environment step out of bound. Rewards and first ends are compared on
    the level-steps where the recording's sensitivity determines them.
    """

    recording: str
    levels: int
    steps: int
    early_misses: tuple[str, ...]  # levels out of bound before ALL_IN_BOUND_UNTIL
    share_in_bound: float  # of all level-steps
    largest_early: float  # m, position error up to ALL_IN_BOUND_UNTIL
    left: dict[str, int]
    determined: int  # level-steps whose reward is compared
    rewards_differing: int
    largest_reward_error: float
    first_end_differing: tuple[str, ...]
    solved: tuple[float, float]  # share of levels, found and recorded
    mean_reward: tuple[float, float]  # over all level-steps, found and recorded

    @property
    def ok(self) -> bool:
        """Whether the bounds of the schema hold."""
        in_bound = not self.early_misses and self.share_in_bound >= LEAST_SHARE_IN_BOUND
        return in_bound and not self.rewards_differing and not self.first_end_differing


@dataclass(frozen=True)
class ObservationParity:
    """Observations of recorded states."""

    recording: str
    rows: int
    rows_within: int
    largest: float

    @property
    def ok(self) -> bool:
        """Every row within tolerance."""
        return self.rows_within == self.rows > 0


class Played(NamedTuple):
    """What a roll-out gave, each with axes (levels, steps)."""

    position: np.ndarray  # (levels, steps, bodies, 2)
    reward: np.ndarray
    done: np.ndarray
    goal: np.ndarray


def environment(engine: Engine, recording: Recording) -> Environment:
    """The environment with the parameters of a recording."""
    parameters = recording.meta["env_params"]
    config = EnvConfig(
        frame_skip=recording.meta["static_env_params"]["frame_skip"],
        max_timesteps=parameters["max_timesteps"],
        dense_reward_scale=parameters["dense_reward_scale"],
    )
    task = Task(size=engine.size, env=config)
    action = MultiDiscreteActions(MultiDiscreteConfig(), task)
    return Environment(Task(size=engine.size, env=config, engine=engine, action=action))


class Programs(NamedTuple):
    """Compiled, over a leading axis of `CHUNK`."""

    reset: Any  # level -> state
    resume: Any  # (scene, contacts, last distance) -> state
    act: Any  # (state, action) -> (state, (positions of bodies, transition, done))


@lru_cache(maxsize=64)
def programs(env: Environment) -> Programs:
    """What all comparisons of an environment need, so that each is compiled once."""
    engine = env.engine

    def resume(scene: Scene, contacts: ContactMemory, last: jax.Array) -> EnvState:
        return EnvState(engine.init(scene, contacts), rules(scene), scene.timestep, last)  # pyright: ignore

    def act(state: EnvState, action: jax.Array) -> Any:
        state, transition = env.step(state, action)
        position = engine.scene(state.physics).bodies.position
        return state, (position, transition, transition.done)

    return Programs(*(jax.jit(jax.vmap(program)) for program in (env.reset, resume, act)))


def compare_environment(engine: Engine, recording: Recording) -> EnvironmentParity:
    """Compare one environment step from each state of a `step_*` recording."""
    env, arrays = environment(engine, recording), recording.arrays
    _, resume, act = programs(env)
    begin = recording.scenes("state"), recording.contacts("state"), arrays["state.last_distance"]
    step = in_chunks(lambda *batch: act(resume(*batch[:3]), batch[3])[1])
    _, transition, done = step(*begin, arrays["action"])
    reward_error = np.abs(transition.reward - arrays["reward"])
    distance_error = np.abs(transition.distance - arrays["distance"])
    done_differs, goal_differs = done != arrays["done"], transition.goal != arrays["GoalR"]
    within = (reward_error <= STEP_TOLERANCE) & (distance_error <= STEP_TOLERANCE)
    within &= ~done_differs & ~goal_differs
    names = recording.level_names
    return EnvironmentParity(
        recording=recording.name,
        rows=len(recording),
        rows_within=int(within.sum()),
        largest_reward_error=float(reward_error.max()),
        largest_distance_error=float(distance_error.max()),
        done_differing=int(done_differs.sum()),
        goal_differing=int(goal_differs.sum()),
        outside=tuple(f"{names[i]}@{arrays['step_index'][i]}" for i in np.flatnonzero(~within)),
    )


def play(engine: Engine, recording: Recording) -> Played:
    """Play the recorded actions of every level from its recorded start, without resets."""
    reset, _, act = programs(environment(engine, recording))
    pieces = []
    for levels, todo in chunks((recording.scenes("init"), recording.arrays["actions"])):
        state, seen = reset(levels), []
        for now in todo.swapaxes(0, 1):
            state, each = act(state, now)
            seen.append(jax.device_get(each))
        pieces.append(jax.tree.map(lambda *steps: np.stack(steps, axis=1), *seen))
    transition: Transition
    position, transition, done = join(pieces, len(recording))
    return Played(position, np.asarray(transition.reward), done, np.asarray(transition.goal))


def compare_trajectories(engine: Engine, recording: Recording) -> TrajectoryParity:
    """Compare roll-outs with a `random_*` or `paper_*` recording."""
    return judge_trajectories(recording, play(engine, recording))


def judge_trajectories(recording: Recording, played: Played) -> TrajectoryParity:
    """Compare what was played with what was recorded."""
    arrays, names = recording.arrays, recording.level_names
    error = position_error(recording, played.position)
    sensitivity = np.maximum.accumulate(arrays["sensitivity.position_maxdiff"], axis=1)
    inside = error < BOUND_BASE + BOUND_SENSITIVITY * sensitivity
    early = ~inside[:, :ALL_IN_BOUND_UNTIL].all(axis=1)
    left = np.flatnonzero(~inside.all(axis=1))

    determined = np.logical_and.accumulate(inside & (sensitivity < DETERMINED_BELOW), axis=1)
    reward_error = np.where(determined, np.abs(played.reward - arrays["traj.reward"]), 0)
    ended = [
        np.logical_or.accumulate(done, axis=1) & determined
        for done in (played.done, arrays["traj.done"])
    ]
    ends_differ = (ended[0] != ended[1]).any(axis=1)
    return TrajectoryParity(
        recording=recording.name,
        levels=len(recording),
        steps=inside.shape[1],
        early_misses=tuple(names[i] for i in np.flatnonzero(early)),
        share_in_bound=float(inside.mean()),
        largest_early=float(error[:, :ALL_IN_BOUND_UNTIL].max()),
        left={names[i]: int(np.argmin(inside[i])) + 1 for i in left},
        determined=int(determined.sum()),
        rewards_differing=int((~(reward_error <= REWARD_TOLERANCE)).sum()),
        largest_reward_error=float(reward_error.max()),
        first_end_differing=tuple(names[i] for i in np.flatnonzero(ends_differ)),
        solved=tuple(float(g.any(axis=1).mean()) for g in (played.goal, arrays["traj.GoalR"])),  # pyright: ignore
        mean_reward=(float(played.reward.mean()), float(arrays["traj.reward"].mean())),
    )


def position_error(recording: Recording, position: np.ndarray) -> np.ndarray:
    """Largest error of a coordinate of an active body, (levels, steps); infinite where NaN.

    `position` (levels, steps, bodies, 2), after each environment step.
    """
    arrays, kinds = recording.arrays, ("polygon", "circle")
    recorded = np.concatenate([arrays[f"traj.{k}.position"] for k in kinds], axis=2)
    active = np.concatenate([arrays[f"init.{k}.active"] for k in kinds], axis=1)
    error = np.abs(position.astype(np.float64) - recorded)
    error = np.where(active[:, None, :, None], error, 0)
    return np.nan_to_num(error.max(axis=(2, 3)), nan=np.inf)


def compare_observations(
    engine: Engine, encoder: ObservationEncoder, recording: Recording, key: str
) -> ObservationParity:
    """Compare observations of the states of an `obs_*` recording with `obs.<key>`.

    The states go through the engine, as they do in a run.
    """

    def observe(scene: Scene, contacts: ContactMemory) -> Any:
        return encoder.encode(engine.scene(engine.init(scene, contacts)))

    found = np.asarray(
        jax.jit(jax.vmap(observe))(recording.scenes("state"), recording.contacts("state"))
    )
    error = np.abs(found - recording.arrays[f"obs.{key}"]).reshape(len(recording), -1)
    return ObservationParity(
        recording=recording.name,
        rows=len(recording),
        rows_within=int((error <= STEP_TOLERANCE).all(axis=1).sum()),
        largest=float(error.max()),
    )

"""What a curriculum promises, and a fake policy that plays its levels."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from kinetix_core.interfaces import Curriculum, LevelGenerator, Outcome, Proposal, Task
from kinetix_core.scene import Scene, check_scene

from ._compare import assert_same, assert_same_signature, named_leaves, row, rows
from ._shared import assert_keys_used_once, is_a_frozen_dataclass


@dataclass(frozen=True)
class FakeTools:
    """`kinetix_core.interfaces.Tools` on a generator alone.

    keys: every random key that a tool was really given while it ran, as tuples of numbers, in
        the order of the calls; None: they are not recorded.
    """

    generator: LevelGenerator
    num_envs: int
    keys: list[tuple[int, ...]] | None = field(default=None, compare=False)

    def sample(self, key: PRNGKeyArray, n: int) -> Scene:
        """`n` new levels of the generator."""
        self._record(key)
        return self.generator.sample(key, n)

    def play(self, key: PRNGKeyArray, policy: Any, levels: Scene, steps: int) -> Outcome:
        """`fake_outcome` of a policy that is its skill, a number from 0 to 1."""
        self._record(key)
        return fake_outcome(key, levels, policy)

    def _record(self, key: PRNGKeyArray) -> None:
        if (keys := self.keys) is not None:

            def append(data: Any) -> None:
                keys.append(tuple(np.asarray(data).ravel().tolist()))

            jax.debug.callback(append, jax.random.key_data(key), ordered=False)


def fake_outcome(key: PRNGKeyArray, levels: Scene, skill: Float[Array, ""] | float) -> Outcome:
    """How a made-up policy of `skill` (0..1) plays: 0 to 3 episodes per level, some solved.

    Each level has a difficulty (0..1) that depends on where its bodies lie, so a level is as
    hard whenever it is proposed. Traceable.
    """
    n = rows(levels)
    places = jnp.concatenate([levels.polygons.position, levels.circles.position], axis=1)
    difficulty = jnp.mod(jnp.sum(jnp.abs(places), axis=(1, 2)) * 7.3, 1.0)
    chance = jax.nn.sigmoid(10 * (jnp.asarray(skill) - difficulty))
    luck = jax.random.uniform(key, (n, 5))
    episodes = jnp.floor(4 * luck[:, 0]).astype(jnp.int32)
    tries = luck[:, 1:4] < chance[:, None]
    solved = jnp.sum(tries & (jnp.arange(3)[None] < episodes[:, None]), axis=1)
    played = episodes > 0
    share = jnp.where(played, solved / jnp.maximum(episodes, 1), 0.0).astype(jnp.float32)
    noise = 0.2 * luck[:, 4] - 0.1
    return Outcome(
        episodes=episodes,
        solved=share,
        best_return=jnp.where(played, (solved > 0).astype(jnp.float32), -jnp.inf),
        mean_return=share,
        mean_length=jnp.where(played, 200.0 - 150.0 * share, 0.0),
        mean_value=jnp.where(played, chance + noise, 0.0),
        mean_positive_advantage=jnp.where(played, jnp.abs(noise), 0.0),
    )


class Turn(eqx.Module):
    """One update of a curriculum."""

    proposal: Proposal
    metrics: dict[str, Array]


@dataclass(frozen=True, eq=False)
class CurriculumCase:
    """task: with a generator. updates: of the long run. num_envs: as `ppo.num_envs`.

    tolerance: between a run of its own and one of several in a program.
    """

    component: Curriculum
    task: Task
    num_envs: int = 8
    updates: int = 200
    seed: int = 0
    tolerance: float = 1e-5

    def tools(self, keys: list[tuple[int, ...]] | None = None) -> FakeTools:
        generator = self.task.generator
        assert generator is not None, "check('curriculum') needs task.generator"
        return FakeTools(generator, self.num_envs, keys)

    def turn(self, state: Any, key: Array, number: Array, tools: FakeTools) -> tuple[Any, Turn]:
        """Propose, let the fake policy play, learn."""
        propose_key, play_key = jax.random.split(key)
        skill = number / self.updates
        state, proposal = self.component.propose(state, propose_key, tools, skill)
        outcome = fake_outcome(play_key, proposal.levels, skill)
        state = self.component.learn(state, proposal, outcome)
        proposal = replace(proposal, train=jnp.asarray(proposal.train))
        return state, Turn(proposal, self.component.metrics(state))

    def start(self, seed: Any, tools: FakeTools) -> tuple[Any, Array]:
        """State and key before the first update."""
        init_key, key = jax.random.split(jax.random.key(seed))
        return self.component.init(init_key, tools), key

    @cached_property
    def run(self) -> Run:
        return Run(self)


class Run:
    """A curriculum through `updates` updates, each of them one call of one compiled function."""

    def __init__(self, case: CurriculumCase):
        self.keys: list[tuple[int, ...]] = []
        self.traced = 0
        self.turns: list[Turn] = []
        tools = case.tools(self.keys)

        def counted(state: Any, key: Array, number: Array) -> tuple[Any, Turn]:
            self.traced += 1
            return case.turn(state, key, number, tools)

        compiled = jax.jit(counted)
        self.begin, key = jax.jit(lambda seed: case.start(seed, tools))(case.seed)
        state = self.begin
        for number in range(case.updates):
            new, turn = compiled(state, jax.random.fold_in(key, number), jnp.float32(number))
            if number == 0:
                assert_same_signature(new, state)
            state = new
            self.turns.append(jax.device_get(turn))
        self.end = state
        jax.effects_barrier()


def says_how_episodes_go_on(case: CurriculumCase) -> None:
    """`restart` and `repeat` are plain booleans."""
    for name in ("restart", "repeat"):
        value = getattr(case.component, name)
        assert isinstance(value, bool), f"{name} = {value!r}"


def states_keep_their_shape(case: CurriculumCase) -> None:
    """Over many updates the state keeps structure, shapes and types, and compiles once."""
    assert_same_signature(case.run.end, case.run.begin)
    assert case.run.traced == 1, f"{case.run.traced} compilations in {case.updates} updates"


def proposals_keep_their_shape(case: CurriculumCase) -> None:
    """A proposal holds the same number of levels each time; `train` is one boolean."""
    for number, turn in enumerate(case.run.turns):
        levels, train = turn.proposal.levels, np.asarray(turn.proposal.train)
        assert levels.size == case.task.size, f"update {number}: size {levels.size.name}"
        found = (train.shape, train.dtype)
        assert found == ((), np.dtype(bool)), f"update {number}: train is {found}"
        assert rows(levels) >= 1, f"update {number}: no levels"
        assert_same_signature(levels, case.run.turns[0].proposal.levels)


def levels_are_valid(case: CurriculumCase) -> None:
    """Every proposed level keeps the rules of a scene."""
    seen: set[bytes] = set()
    for number, turn in enumerate(case.run.turns):
        levels = turn.proposal.levels
        for i in range(rows(levels)):
            level = row(levels, i)
            content = b"".join(np.asarray(x).tobytes() for _, x in named_leaves(level))
            if content in seen:
                continue
            seen.add(content)
            try:
                check_scene(level)
            except Exception as error:
                raise AssertionError(f"update {number}, level {i}: {error}") from error


def uses_each_key_once(case: CurriculumCase) -> None:
    """No random key is used twice: not within a call, and over many updates for no tool."""
    tools = case.tools()
    assert_keys_used_once(lambda key: case.component.init(key, tools), jax.random.key(case.seed))

    def propose(state: Any, key: Array) -> Any:
        return case.component.propose(state, key, tools, jnp.float32(0.5))

    state, _ = jax.jit(lambda seed: case.start(seed, tools))(case.seed)
    assert_keys_used_once(propose, state, jax.random.key(case.seed + 1))
    keys = case.run.keys
    if len(set(keys)) < len(keys):
        twice = next(i for i, key in enumerate(keys) if key in keys[:i])
        raise AssertionError(
            f"tool call {twice} of {len(keys)} got the key of call {keys.index(keys[twice])}"
        )


def metrics_are_numbers(case: CurriculumCase) -> None:
    """`metrics` gives the same names each time, with scalars; some may be NaN (nothing to tell)."""
    names = set(case.run.turns[0].metrics)
    for number, turn in enumerate(case.run.turns):
        found = set(turn.metrics)
        assert found == names, f"update {number}: names {sorted(found)} instead of {sorted(names)}"
        for name, value in turn.metrics.items():
            assert np.shape(value) == (), f"{name}: shape {np.shape(value)} instead of ()"
        told = {name for name, value in turn.metrics.items() if not np.isnan(value)}
        assert told or not names, f"update {number}: {', '.join(sorted(names))}: all are NaN"


def repeats_itself(case: CurriculumCase) -> None:
    """A seed gives the same proposals again, also as one of several mapped in one program."""
    tools, few = case.tools(), min(4, case.updates)

    def start(seed: Array) -> Any:
        return case.start(seed, tools)

    def step(now: tuple[Any, Array], number: Array) -> Any:
        state, key = now
        state, turn = case.turn(state, jax.random.fold_in(key, number), number, tools)
        return (state, key), turn

    mapped = jax.jit(lambda now, number: jax.lax.map(lambda one: step(one, number), now))
    seeds = jnp.array([case.seed + 1, case.seed])
    now = jax.jit(lambda seeds: jax.lax.map(start, seeds))(seeds)
    for number in range(few):
        now, turns = mapped(now, number)
        assert_same(row(turns, 1), case.run.turns[number], case.tolerance)


PROMISES = (
    is_a_frozen_dataclass,
    says_how_episodes_go_on,
    states_keep_their_shape,
    proposals_keep_their_shape,
    levels_are_valid,
    uses_each_key_once,
    metrics_are_numbers,
    repeats_itself,
)

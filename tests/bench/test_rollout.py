"""A program that does nothing, something else, or breaks is never timed."""

import dataclasses
import itertools
from dataclasses import dataclass

import jax
import numpy as np
import pytest

from kinetix_core.bench import _starts
from kinetix_core.bench._rollout import Program, prove_agreement, prove_work
from kinetix_core.bench._starts import (
    Starts,
    level_source,
    levels_for,
    make_starts,
    random_controls,
)
from kinetix_core.errors import RunError
from kinetix_core.scene import S, empty_memory, load_levels, stack_scenes

from .fakes import Broken, Falling, Idle, falling_levels


@pytest.fixture(scope="module")
def starts() -> Starts:
    memory = stack_scenes([empty_memory(S)] * 8)
    return Starts(falling_levels(8), memory, levels=8, share_moving=1.0, touching=0.0)


def fallen(steps: int) -> float:
    """How far a ball falls from rest in so many steps, m."""
    return 9.81 / 60**2 * steps * (steps + 1) / 2


@pytest.mark.parametrize(("batch", "groups"), [(8, 1), (4, 3), (None, 5), (None, 1), (1, 2)])
def test_every_shape_of_program_simulates_its_steps(starts, batch, groups):
    program = Program(Falling(), starts, batch, groups, steps=16)
    after = prove_work(program, "falling", afresh=True)
    before = program.begin()
    assert len(after.timestep) == groups * (batch or 1)
    gap = before.circles.position[:, 0, 1] - after.circles.position[:, 0, 1]
    np.testing.assert_allclose(gap, fallen(16), rtol=1e-3)
    assert program.work.steps == 16 * groups * (batch or 1)


def test_both_engines_start_from_the_same_scenes(starts):
    one, other = (Program(e, starts, 4, 2, 8) for e in (Falling(), Falling(spin=1.0)))
    np.testing.assert_array_equal(one.begin().circles.position, other.begin().circles.position)


def test_an_engine_that_returns_its_input_is_refused(starts):
    program = Program(Idle(), starts, 4, 1, 8)
    with pytest.raises(RunError, match=r"idle: only 0% of the scenes changed"):
        prove_work(program, "idle", afresh=False)


def test_a_state_that_is_not_finite_is_refused(starts):
    with pytest.raises(RunError, match="broken: not every state is finite"):
        prove_work(Program(Broken(), starts, 4, 1, 8), "broken", afresh=False)


_TRACES = itertools.count()


@dataclass(frozen=True)
class Moody(Falling):
    """Every compilation gives another program."""

    def _fall(self, scene):
        lift = 1 + 0.1 * next(_TRACES)
        return super()._fall(dataclasses.replace(scene, gravity=lift * scene.gravity))


def test_a_fresh_compilation_must_give_the_same_bits(starts):
    jax.clear_caches()
    program = Program(Moody(), starts, 4, 1, 8)
    with pytest.raises(RunError, match="moody: a fresh compilation gives other results"):
        prove_work(program, "moody", afresh=True)


def test_engines_that_disagree_are_refused(starts):
    ours, theirs = (
        Program(e, starts, 8, 1, 16).run() for e in (Falling(), Falling(gravity_error=0.01))
    )
    with pytest.raises(RunError, match=r"s: the two engines agree on 0.0% of the scenes"):
        prove_agreement(ours.scene, theirs.scene, "s")
    assert prove_agreement(ours.scene, ours.scene, "s") == 1.0


def test_starts_are_spread_over_the_levels_and_in_motion():
    found = make_starts(Falling(), falling_levels(4), count=16)
    assert len(found) == 16
    assert found.levels == 4
    assert found.share_moving == 1.0
    heights = found.scenes.circles.position[:, 0, 1]
    assert len(np.unique(heights.round(3))) > 12  # other moments of the same four levels


def test_starts_at_rest_are_refused():
    with pytest.raises(RunError, match="only 0% of the start states are in motion"):
        make_starts(Idle(), falling_levels(4), count=8)


def test_controls_are_those_of_a_random_policy():
    controls = random_controls((50, 4), S, seed=0)
    assert controls.shape == (50, 4, S.joints + S.thrusters)
    assert set(np.unique(controls[..., : S.joints])) == {-1, 0, 1}
    assert set(np.unique(controls[..., S.joints :])) == {0, 1}
    np.testing.assert_array_equal(controls, random_controls((50, 4), S, seed=0))


def test_levels_of_the_size_are_chosen_where_a_set_has_them():
    own = levels_for("s", S, "handmade")
    assert own.size == S
    assert len(own.timestep) == len(load_levels("handmade/s", S).names)


def test_published_levels_come_first_where_they_are(monkeypatch, tmp_path):
    assert level_source("mine") == "mine"
    monkeypatch.setattr(_starts, "PUBLISHED_LEVELS", tmp_path)
    assert level_source(None) == tmp_path
    monkeypatch.setattr(_starts, "PUBLISHED_LEVELS", tmp_path / "absent")
    assert level_source(None) == "handmade"

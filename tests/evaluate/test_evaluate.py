"""Playing levels: outcomes, returns and lengths that can be worked out by hand."""

from dataclasses import replace

import jax
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinetix_core.errors import LevelError, SettingError
from kinetix_core.evaluate import evaluate_policy, evaluate_seeds, pooled
from kinetix_core.evaluate._evaluate import _chunks, _starts
from kinetix_core.evaluate._play import program
from kinetix_core.render import OUTCOMES
from kinetix_core.scene import M, empty_scene, stack_scenes
from tests.evaluate.stage import GREEN_BODY, LIMIT, STEP, level, levels, right, stage

KEY = jax.random.key(3)
TASK = stage()
SOLVED, RED, TIME, NAN = range(4)


def play(params=1.0, attempts=3, task=TASK, key=KEY, **named):
    scenes, names = levels(**named)
    return evaluate_policy(task, right(params), scenes, names, attempts, key, max_envs=12)


@pytest.fixture(scope="module")
def certain():
    """Always right: blue in reach, blue out of reach, red at the start, a state that breaks."""
    return play(
        near=level(blue=0.25),
        far=level(blue=3),
        lava=level(blue=3, red=0),
        broken=level(500, 9, 200),
    )


def test_each_way_to_end_is_told_apart(certain):
    assert [r.outcome.tolist() for r in certain.levels] == [
        [SOLVED] * 3,
        [TIME] * 3,
        [RED] * 3,
        [NAN] * 3,
    ]


def test_the_length_counts_the_step_that_ends_the_episode(certain):
    # Contact is found before the move: green is past 0.25 after three moves, seen in the fourth.
    assert [r.length.tolist() for r in certain.levels] == [[4] * 3, [LIMIT] * 3, [1] * 3, [1] * 3]


def test_the_return_is_the_sum_of_rewards_of_the_first_episode(certain):
    near, far, lava, broken = certain.levels
    scale = TASK.env.dense_reward_scale
    # No shaping in the first step; passing blue by 0.15 m takes away from what was gained.
    shaping = scale * ((0.25 - 0.1) - (0.4 - 0.25))
    np.testing.assert_allclose(near.returns, 1 + shaping, atol=1e-6)
    np.testing.assert_allclose(far.returns, scale * STEP * (LIMIT - 1), atol=1e-6)
    np.testing.assert_allclose(lava.returns, -1, atol=1e-6)
    np.testing.assert_allclose(broken.returns, 0)


def test_rates_and_means(certain):
    near, far, *_ = certain.levels
    assert (near.solve_rate, near.solved, near.best_of_k) == (1.0, 3, True)
    assert (far.solve_rate, far.best_of_k, far.mean_length) == (0.0, False, LIMIT)
    assert certain.solve_rate == 0.25
    assert certain.total.best_of_k == 1


def test_the_last_attempt_is_recorded_up_to_its_end(certain):
    near, *_, broken = certain.recordings
    assert [r.outcome for r in certain.recordings] == list(np.array(OUTCOMES)[[0, 2, 1, 3]])
    assert [r.steps for r in certain.recordings] == [4, LIMIT, 1, 1]
    np.testing.assert_allclose(near.position[:, GREEN_BODY, 0], STEP * np.arange(5), atol=1e-6)
    np.testing.assert_allclose(near.rotation[:, GREEN_BODY], np.arange(5))
    np.testing.assert_array_equal(near.controls, [[1, 0]] * 4)
    for recording, result in zip(certain.recordings, certain.levels, strict=True):
        assert recording.reward.sum() == pytest.approx(result.returns[-1], abs=1e-6)
        assert recording.label == "attempt 3"
    assert np.isnan(broken.position[1, GREEN_BODY, 0])
    assert near.seconds == pytest.approx(1 / 50)


def test_sampled_actions_differ_between_attempts_and_greedy_ones_do_not():
    scenes, names = levels(a=level(blue=0.35, red=0.35), b=level(blue=0.35, red=0.35))
    settings = {"max_envs": 256}
    sampled = evaluate_policy(TASK, right(0.6), scenes, names, 128, KEY, **settings)
    greedy = evaluate_policy(TASK, right(0.6), scenes, names, 4, KEY, greedy=True, **settings)
    a, b = sampled.levels
    assert len(np.unique(a.length)) > 1
    assert (a.outcome != b.outcome).any()  # levels have keys of their own
    assert [r.solved for r in greedy.levels] == [4, 4]
    assert greedy.levels[0].interval == (1.0, 1.0)
    # Green is at 0.1 k after k moves. The walk from 0 to +4 or -4, within 7 moves, seen one
    # later; the share of each comes from all 2^7 walks.
    expected = _walk_shares(0.6, border=4, moves=LIMIT - 1)
    got = np.mean([[r.solve_rate, r.count(OUTCOMES[RED]) / 128] for r in sampled.levels], axis=0)
    np.testing.assert_allclose(got, expected, atol=4 * np.sqrt(0.25 / 256))


def _walk_shares(p: float, border: int, moves: int) -> tuple[float, float]:
    """Probability of reaching +border and -border first within so many moves."""
    places = {0: 1.0}
    high = low = 0.0
    for _ in range(moves):
        after: dict[int, float] = {}
        for place, weight in places.items():
            for step, chance in ((1, p), (-1, 1 - p)):
                after[place + step] = after.get(place + step, 0) + weight * chance
        high += after.pop(border, 0)
        low += after.pop(-border, 0)
        places = after
    return high, low


def test_results_do_not_depend_on_how_environments_are_put_together():
    scenes, names = levels(**{str(i): level(blue=0.25 + 0.1 * i, red=0.3) for i in range(5)})
    whole = evaluate_policy(TASK, right(0.6), scenes, names, 7, KEY)
    for max_envs in (3, 21):
        told = []
        parts = evaluate_policy(
            TASK, right(0.6), scenes, names, 7, KEY, max_envs=max_envs, progress=told.append
        )
        assert sum(told) == 5 * 7, "what is played twice counts once"
        assert len(told) > 1
        for one, other in zip(whole.levels, parts.levels, strict=True):
            np.testing.assert_array_equal(one.outcome, other.outcome)
            np.testing.assert_array_equal(one.returns, other.returns)
            np.testing.assert_array_equal(one.length, other.length)
        for one, other in zip(whole.recordings, parts.recordings, strict=True):
            assert (one.name, one.label) == (other.name, other.label)
            np.testing.assert_array_equal(one.position, other.position)


def test_several_recorded_attempts_come_in_order():
    scenes, names = levels(a=level(0.35), b=level(0.45))
    found = evaluate_policy(TASK, right(0.7), scenes, names, 5, KEY, record=2)
    labels = [(r.name, r.label) for r in found.recordings]
    assert labels == [(n, f"attempt {k}") for n in "ab" for k in (4, 5)]
    for recording, length in zip(
        found.recordings, [r.length[k] for r in found.levels for k in (3, 4)], strict=True
    ):
        assert recording.steps == length


@given(st.integers(1, 80), st.integers(1, 50), st.integers(1, 500))
def test_parts_cover_everything_and_fit(count, attempts, most):
    several, tries = _chunks(count, attempts, most)
    assert several * tries <= most
    for total, part in ((count, several), (attempts, tries)):
        covered = {k for start in _starts(total, part) for k in range(start, start + part)}
        assert covered == set(range(total))


def test_one_program_serves_all_parts_and_all_seeds():
    program.cache_clear()
    scenes, names = levels(**{str(i): level(blue=0.3) for i in range(5)})
    params = {"right": np.float32([1, 0, 0.6])}
    seeds = evaluate_seeds(TASK, params, 3, scenes, names, 4, KEY, max_envs=8)
    assert program(TASK, False, 1.0)._cache_size() == 1  # pyright: ignore[reportFunctionMemberAccess]
    assert [e.solve_rate for e in seeds[:2]] == [1.0, 0.0]
    alone = evaluate_policy(TASK, right(0.6), scenes, names, 4, KEY, max_envs=8)
    assert seeds[2].solve_rate == alone.solve_rate
    together = pooled(seeds)
    assert together.levels[0].attempts == 12
    assert together.solve_rate == pytest.approx(np.mean([e.solve_rate for e in seeds]))
    assert together.recordings[0].label == "seed 0, attempt 4"
    with pytest.raises(ValueError, match="different levels"):
        pooled([seeds[0], replace(seeds[1], levels=seeds[1].levels[1:])])


def test_what_cannot_be_played_is_one_line():
    scenes, names = levels(a=level(0.3))
    with pytest.raises(SettingError, match="attempts=0: at least 1 is expected"):
        evaluate_policy(TASK, right(1), scenes, names, 0, KEY)
    with pytest.raises(SettingError, match="record=-1: at least 0"):
        evaluate_policy(TASK, right(1), scenes, names, 1, KEY, record=-1)
    for attempts, max_envs, most in ((2, 9, 2), (9, 5, 5), (8, 5, 4)):
        text = f"record=6: at most {most} attempts .* attempts={attempts} and max_envs={max_envs}$"
        with pytest.raises(SettingError, match=text):
            evaluate_policy(
                TASK, right(1), scenes, names, attempts, KEY, record=6, max_envs=max_envs
            )
    with pytest.raises(LevelError, match="levels of size m: this policy plays size s"):
        evaluate_policy(TASK, right(1), stack_scenes([empty_scene(M)]), names, 1, KEY)
    with pytest.raises(LevelError, match="1 levels, but 2 names"):
        evaluate_policy(TASK, right(1), scenes, ["a", "b"], 1, KEY)

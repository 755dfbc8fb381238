"""Trajectories are judged by bound, reward and first end, as the schema of the data says."""

import numpy as np
import pytest

from kinetix_core.bench._environment_parity import Played, judge_trajectories
from kinetix_core.bench._golden import Recording
from kinetix_core.scene import S

LEVELS, STEPS = 4, 100


def recorded(sensitivity: float = 1e-6) -> Recording:
    """Still bodies, one goal: level 1 ends at step 50 (counted from 0) with reward 1."""
    reward = np.zeros((LEVELS, STEPS), np.float32)
    reward[1, 50] = 1.0
    done = reward > 0
    arrays = {
        "traj.polygon.position": np.zeros((LEVELS, STEPS, S.polygons, 2), np.float32),
        "traj.circle.position": np.zeros((LEVELS, STEPS, S.circles, 2), np.float32),
        "init.polygon.active": np.ones((LEVELS, S.polygons), bool),
        "init.circle.active": np.zeros((LEVELS, S.circles), bool),
        "sensitivity.position_maxdiff": np.full((LEVELS, STEPS), sensitivity, np.float32),
        "traj.reward": reward,
        "traj.done": done,
        "traj.GoalR": done,
        "names": np.array([f"level{i}" for i in range(LEVELS)]),
        "level_index": np.arange(LEVELS),
    }
    return Recording("paper_s", arrays, S)


def as_recorded(recording: Recording) -> Played:
    arrays = recording.arrays
    return Played(
        position=np.zeros((LEVELS, STEPS, S.bodies, 2), np.float32),
        reward=arrays["traj.reward"].copy(),
        done=arrays["traj.done"].copy(),
        goal=arrays["traj.GoalR"].copy(),
    )


@pytest.fixture
def recording() -> Recording:
    return recorded()


def test_what_was_recorded_is_in_bound(recording):
    found = judge_trajectories(recording, as_recorded(recording))
    assert found.ok
    assert found.share_in_bound == 1.0
    assert found.determined == LEVELS * STEPS
    assert found.solved == (0.25, 0.25)
    assert found.mean_reward == pytest.approx((1 / 400, 1 / 400))


def test_one_level_that_leaves_early_is_named(recording):
    played = as_recorded(recording)
    played.position[2, 23, 0, 1] = 2e-4  # the last step that every level must reach
    found = judge_trajectories(recording, played)
    assert found.early_misses == ("level2",)
    assert found.left == {"level2": 24}
    assert not found.ok
    played.position[2, 23, 0, 1] = 0
    played.position[2, 24, 0, 1] = 2e-4
    assert judge_trajectories(recording, played).early_misses == ()


def test_the_bound_grows_with_the_sensitivity():
    recording = recorded(sensitivity=1e-5)
    played = as_recorded(recording)
    played.position[0, 10, 4, 0] = 3.9e-4
    assert judge_trajectories(recording, played).left == {}
    played.position[0, 10, 4, 0] = 4.1e-4
    assert judge_trajectories(recording, played).left == {"level0": 11}


def test_two_per_cent_of_the_level_steps_may_be_out_of_bound(recording):
    played = as_recorded(recording)
    played.position[3, 92:, 0] = 1.0
    assert judge_trajectories(recording, played).ok
    played.position[3, 91:, 0] = 1.0
    found = judge_trajectories(recording, played)
    assert found.share_in_bound == pytest.approx(0.9775)
    assert not found.ok


def test_inactive_bodies_do_not_count_and_nan_does(recording):
    played = as_recorded(recording)
    played.position[0, 5, S.polygons :] = 7.0
    assert judge_trajectories(recording, played).left == {}
    played.position[0, 5, 0, 0] = np.nan
    assert judge_trajectories(recording, played).left == {"level0": 6}


def test_a_reward_counts_while_it_is_determined(recording):
    played = as_recorded(recording)
    played.reward[0, 60] = 2e-4
    found = judge_trajectories(recording, played)
    assert found.rewards_differing == 1
    assert found.largest_reward_error == pytest.approx(2e-4)
    assert not found.ok
    played.position[0, 59, 0] = 1.0  # from here on the level is on its own
    found = judge_trajectories(recording, played)
    assert found.rewards_differing == 0
    assert found.determined == LEVELS * STEPS - 41


def test_rewards_of_sensitive_levels_are_not_compared():
    recording = recorded(sensitivity=2e-5)
    played = as_recorded(recording)
    played.reward[0, 60] = 1.0
    found = judge_trajectories(recording, played)
    assert (found.determined, found.rewards_differing) == (0, 0)


@pytest.mark.parametrize("step", [49, 51, None])
def test_the_first_end_must_be_the_recorded_one(recording, step):
    played = as_recorded(recording)
    played.done[1] = False
    if step is not None:
        played.done[1, step] = True
    assert judge_trajectories(recording, played).first_end_differing == ("level1",)


def test_later_ends_are_not_compared(recording):
    played = as_recorded(recording)
    played.done[1, 70:] = True
    assert judge_trajectories(recording, played).first_end_differing == ()

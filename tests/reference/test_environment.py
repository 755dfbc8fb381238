"""The task around the reference: roles, actions, rewards."""

import numpy as np
import pytest

from tests import reference as ref


def test_inputs_of_the_action_types():
    motors, thrusters = ref.decode_multi_discrete(np.array([0, 1, 2, 7, 0, 3]))
    assert (motors.tolist(), thrusters.tolist()) == ([0, 1, -1, -1], [0, 1])
    motors, thrusters = ref.decode_continuous(np.array([-2, 0.5, 1, 0, -1, 2]))
    assert (motors.tolist(), thrusters.tolist()) == ([-1, 0.5, 1, 0], [0, 1])
    rows = [[*m, *t] for m, t in map(ref.decode_discrete, range(11))]
    assert rows[0] == [-1, 0, 0, 0, 0, 0]
    assert rows[5] == [0, 0, 1, 0, 0, 0]
    assert rows[8] == [0, 0, 0, 0, 0, 0]
    assert rows[10] == [0, 0, 0, 0, 0, 1]


def environment(roles_of_circles, distance=-1.0, timestep=0):
    """Two overlapping circles (and a third one apart) with the given roles."""
    state = ref.empty_world(4, 3, 1, 1)
    state.gravity[:] = 0
    circle = state.circle
    circle.active[:], circle.radius[:], circle.inverse_mass[:] = True, 0.3, 0
    circle.position[:] = [(1, 2), (1.5, 2), (4, 2)]
    return ref.EnvironmentState(
        physics=state,
        polygon_shape_roles=np.zeros(4, np.int32),
        circle_shape_roles=np.array(roles_of_circles, np.int32),
        motor_bindings=np.zeros(1, np.int32),
        motor_auto=np.zeros(1, bool),
        thruster_bindings=np.array([3], np.int32),
        timestep=np.asarray(timestep, np.int32),
        last_distance=np.asarray(distance, np.float32),
    )


NOTHING = ref.decode_discrete(8)


@pytest.mark.parametrize(
    ("roles", "reward", "goal", "distance"),
    [
        ((1, 2, 0), 1, True, 0.5),
        ((2, 1, 1), 1, True, 3.5),
        ((1, 3, 2), -1, False, 3.0),
        ((1, 0, 2), 0, False, 3.0),
        ((3, 2, 0), 0, False, 0.0),
    ],
)
def test_reward_goal_and_distance(roles, reward, goal, distance):
    following, result = ref.environment_step(environment(roles), NOTHING)
    assert (result.reward, result.goal, result.done) == (reward, goal, reward != 0)
    assert result.distance == pytest.approx(distance)
    assert following.last_distance == (-1 if result.done else result.distance)
    assert following.timestep == 1


def test_lava_wins_and_inactive_bodies_have_no_role():
    scene = environment((1, 2, 3))
    scene.physics.circle.position[2] = (1, 2.4)
    assert ref.environment_step(scene, NOTHING)[1].reward == -1
    scene.physics.circle.active[2] = False
    assert ref.environment_step(scene, NOTHING)[1].reward == 1


def test_shaping_and_time_limit():
    _, result = ref.environment_step(environment((1, 0, 2), 3.5), NOTHING)
    assert result.reward == pytest.approx(0.05)
    _, result = ref.environment_step(environment((1, 0, 2), 3.5), NOTHING, dense_reward_scale=0)
    assert result.reward == 0
    following, result = ref.environment_step(environment((1, 0, 2), 3.5, 255), NOTHING)
    assert result.done
    assert following.last_distance == -1


def test_automatic_motors_and_bindings_beyond_the_end():
    scene = environment((0, 0, 0))
    inputs = ref.decode_multi_discrete(np.array([2, 0, 0, 0, 0, 1]))
    assert ref.control_vector(scene, *inputs).tolist() == [-1, 1]
    scene.motor_auto[:] = True
    assert ref.control_vector(scene, *inputs).tolist() == [1, 1]

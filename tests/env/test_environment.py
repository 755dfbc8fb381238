"""Reward, distance, termination and resets: spec/environment.md 4, 5 and 7, on told physics."""

from dataclasses import dataclass, replace
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from kinetix_core.env import UNKNOWN_DISTANCE, Environment, reset_where
from kinetix_core.errors import LevelError
from kinetix_core.interfaces import Engine, EnvConfig, Trace
from kinetix_core.scene import BLUE, GREEN, RED, M, S, empty_memory, empty_scene, stack_scenes
from kinetix_core.testing import example_task

FLOOR, BOX, DISC, OTHER_DISC = 0, 4, 5, 6  # bodies of size S
NOOP = np.zeros(6, np.int32)


class Told(eqx.Module):
    scene: Any
    step: Any  # physics steps so far


@dataclass(frozen=True, eq=False)
class ToldEngine(Engine):
    """Physics as told: which pairs touch, and where the bodies are, in each physics step."""

    size: Any
    touching: Any  # (steps, pairs)
    position: Any  # (steps, bodies, 2)
    velocity: Any = 0.0  # of every body after the first call

    def init(self, scene, contacts=None):
        return Told(jax.tree.map(jnp.asarray, scene), jnp.int32(0))

    def steps(self, state, controls, n):
        def rows(told):
            return jax.lax.dynamic_slice_in_dim(jnp.asarray(told), state.step, n)

        polygons = state.scene.polygons
        velocity = jnp.full_like(polygons.velocity, self.velocity)
        scene = replace(state.scene, polygons=replace(polygons, velocity=velocity))
        trace = Trace(rows(self.touching), rows(self.position))
        return Told(scene, state.step + n), trace

    def scene(self, state):
        return state.scene

    def contacts(self, state):
        return empty_memory(self.size)


def level(**roles):
    """An S level with all bodies in use; `box=GREEN` and so on."""
    scene = empty_scene(S)
    scene.polygons.active[:] = True
    scene.circles.active[:] = True
    for name, role in roles.items():
        slot = {"floor": 0, "wall": 1, "box": 4, "disc": 0, "other": 1}[name]
        (scene.circles if name in ("disc", "other") else scene.polygons).role[slot] = role
    return scene


def touches(*steps):
    """Flags of each physics step, from tuples of pairs of bodies."""
    flags = np.zeros((max(8, len(steps)), len(S.pairs)), bool)
    for k, pairs in enumerate(steps):
        for a, b in pairs:
            found = [i for i, p in enumerate(S.pairs) if set(p) == {a, b}]
            flags[k, found[0]] = True
    return flags


def places(*steps):
    """Positions of each physics step, from {body: (x, y)}; the others are at the origin."""
    position = np.zeros((max(8, len(steps)), S.bodies, 2), np.float32)
    for k, step in enumerate(steps):
        for body, place in step.items():
            position[k, body] = place
    return position


def play(scene, touching=None, position=None, *, calls=1, velocity=0.0, **env):
    """Transitions of some environment steps, stacked, and the last state."""
    touching = touches() if touching is None else touching
    position = places() if position is None else position
    engine = ToldEngine(S, touching, position, velocity)
    task = replace(example_task(S, engine=engine), env=EnvConfig(**env))
    environment = Environment(task)
    state, transitions = environment.reset(scene), []
    for _ in range(calls):
        state, transition = environment.step(state, NOOP)
        transitions.append(transition)
    return jax.tree.map(lambda *x: np.stack(x), *transitions), state


def test_green_on_blue_is_the_goal():
    found, _ = play(level(box=GREEN, disc=BLUE), touches([(BOX, DISC)]))
    assert found.reward.tolist() == [1.0]
    assert (found.goal[0], found.terminated[0], found.truncated[0]) == (True, True, False)
    assert found.done[0]


@pytest.mark.parametrize("pair", [(BOX, DISC), (BOX, OTHER_DISC), (DISC, OTHER_DISC), (FLOOR, BOX)])
def test_which_pairs_count(pair):
    """Green box, blue disc; the other disc and the floor are grey."""
    found, _ = play(level(box=GREEN, disc=BLUE), touches([pair]))
    assert (found.reward[0] == 1) == (pair == (BOX, DISC))
    assert found.done[0] == (pair == (BOX, DISC))


def test_the_floor_may_have_a_role():
    found, _ = play(level(floor=BLUE, box=GREEN), touches([(FLOOR, BOX)]))
    assert found.goal[0]
    found, _ = play(level(floor=RED, disc=GREEN), touches([(FLOOR, DISC)]))
    assert found.reward[0] == -1


def test_red_touching_blue_means_nothing():
    found, _ = play(level(box=RED, disc=BLUE), touches([(BOX, DISC)]))
    assert (found.reward[0], found.done[0]) == (0, False)


def test_lava_wins_over_the_goal():
    scene = level(box=GREEN, disc=BLUE, other=RED)
    found, _ = play(scene, touches([(BOX, DISC), (BOX, OTHER_DISC)]))
    assert (found.reward[0], found.goal[0], found.terminated[0]) == (-1, False, True)


@pytest.mark.parametrize(
    ("first", "second", "reward"), [(BLUE, RED, 1), (RED, BLUE, -1), (0, RED, -1), (0, BLUE, 1)]
)
def test_the_first_physics_step_that_hits_decides(first, second, reward):
    role = {DISC: BLUE, OTHER_DISC: RED}
    body = {v: k for k, v in role.items()}
    steps = [[(BOX, body[r])] if r else [] for r in (first, second)]
    scene = level(box=GREEN, disc=BLUE, other=RED)
    at = places({BOX: (0, 3)}, {BOX: (0, 4)})
    found, _ = play(scene, touches(*steps), at)
    assert found.reward[0] == reward
    assert found.distance[0] == (3 if first else 4)


def test_no_hit_reports_the_last_physics_step():
    found, _ = play(level(box=GREEN, disc=BLUE), None, places({BOX: (0, 3)}, {BOX: (0, 4)}))
    assert (found.distance[0], found.done[0]) == (4, False)


def test_frame_skip_one_sees_one_step():
    scene = level(box=GREEN, disc=BLUE)
    found, _ = play(scene, touches([], [(BOX, DISC)]), calls=2, frame_skip=1)
    assert found.reward.tolist() == [0, 1]


def test_inactive_bodies_have_no_role():
    scene = level(box=GREEN, disc=BLUE)
    scene.circles.active[0] = False
    found, _ = play(scene, touches([(BOX, DISC)]), places({BOX: (0, 3)}))
    assert (found.reward[0], found.done[0], found.distance[0]) == (0, False, 0)


def test_distance_sums_over_all_green_blue_pairs():
    scene = level(box=GREEN, disc=BLUE, other=BLUE)
    at = {BOX: (0, 0), DISC: (3, 4), OTHER_DISC: (0, 2)}
    found, _ = play(scene, None, places(at, at))
    np.testing.assert_allclose(found.distance, [7], rtol=1e-6)
    found, _ = play(replace_role(scene, other=GREEN), None, places(at, at))
    np.testing.assert_allclose(found.distance, [5 + np.hypot(3, 2)], rtol=1e-6)


def replace_role(scene, **roles):
    scene = jax.tree.map(np.copy, scene)
    for name, role in roles.items():
        scene.circles.role[{"disc": 0, "other": 1}[name]] = role
    return scene


def test_two_walls_are_no_pair():
    at = {FLOOR: (0, -4), 1: (9, 9), BOX: (3, 0)}
    found, _ = play(level(floor=GREEN, wall=BLUE), None, places(at, at))
    assert found.distance[0] == 0
    found, _ = play(level(floor=GREEN, wall=BLUE, box=BLUE), None, places(at, at))
    assert found.distance[0] == 5


def test_shaping_rewards_coming_nearer_but_never_the_first_step():
    scene = level(box=GREEN, disc=BLUE)
    at = [{BOX: (d, 0)} for d in (9, 5, 9, 4, 9, 4.5, 4.5, 4.5)]
    found, _ = play(scene, None, places(*at), calls=4, dense_reward_scale=0.2)
    np.testing.assert_allclose(found.distance, [5, 4, 4.5, 4.5])
    np.testing.assert_allclose(found.reward, [0, 0.2, -0.1, 0], atol=1e-7)


def test_shaping_is_added_to_the_last_step_too():
    scene = level(box=GREEN, disc=BLUE)
    at = places(*[{BOX: (d, 0)} for d in (5, 5, 2, 2)])
    found, state = play(scene, touches([], [], [], [(BOX, DISC)]), at, calls=2)
    np.testing.assert_allclose(found.reward, [0, 1 + 3 * 0.2], rtol=1e-6)
    assert state.last_distance == UNKNOWN_DISTANCE


def test_no_shaping_after_an_end_without_reset():
    scene = level(box=GREEN, disc=BLUE)
    at = places(*[{BOX: (d, 0)} for d in (5, 5, 4, 4, 3, 3, 1, 1)])
    flags = touches([], [], [(BOX, DISC)], [])
    found, _ = play(scene, flags, at, calls=4)
    np.testing.assert_allclose(found.reward, [0, 1.2, 0, 0.4], rtol=1e-6)


@pytest.mark.parametrize("scale", [0.0, 0.2])
def test_infinite_distances_give_no_shaping(scale):
    scene = level(box=GREEN, disc=BLUE)
    at = places(*[{BOX: (d, 0)} for d in (5, 5, np.inf, np.inf, np.nan, np.nan)])
    found, _ = play(scene, None, at, calls=3, dense_reward_scale=scale)
    assert found.reward.tolist() == [0, 0, 0]


def test_the_time_limit_cuts_off():
    found, state = play(level(box=GREEN, disc=BLUE), calls=3, max_timesteps=3)
    assert found.truncated.tolist() == [False, False, True]
    assert not found.terminated.any()
    assert state.timestep == 3
    assert state.last_distance == UNKNOWN_DISTANCE


def test_a_hit_at_the_time_limit_is_no_cut():
    scene = level(box=GREEN, disc=BLUE)
    found, _ = play(scene, touches([], [], [(BOX, DISC)]), calls=2, max_timesteps=2)
    assert (found.terminated[1], found.truncated[1], found.done[1]) == (True, False, True)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_states_that_are_not_finite_end_the_episode(value):
    found, _ = play(level(), velocity=value)
    assert (found.nonfinite[0], found.truncated[0], found.terminated[0]) == (True, True, False)
    found, _ = play(level())
    assert not found.nonfinite[0]


def test_levels_of_another_size_are_refused():
    environment = Environment(example_task(S))
    with pytest.raises(LevelError, match="level of size m: this environment plays size s"):
        environment.reset(empty_scene(M))


def test_reset_takes_the_level_exactly():
    environment = Environment(example_task(S))
    scene = replace(level(box=GREEN), timestep=np.int32(7))
    state = environment.reset(scene)
    assert state.timestep == 7
    assert state.last_distance == UNKNOWN_DISTANCE
    shown = environment.scene(state)
    jax.tree.map(np.testing.assert_array_equal, shown, scene)


def test_the_scene_shows_the_time():
    _, state = play(level(), calls=2)
    environment = Environment(example_task(S, engine=ToldEngine(S, touches(), places())))
    assert environment.scene(state).timestep == 2


def test_reset_where_takes_rows_of_the_pool():
    environment = Environment(example_task(S))
    reset = jax.vmap(environment.reset)
    timed = [replace(level(), timestep=np.int32(t)) for t in range(6)]
    playing, pool = reset(stack_scenes(timed[:4])), reset(stack_scenes(timed[4:]))
    done, index = np.array([True, False, True, False]), np.array([1, 1, 0, 0])
    found = reset_where(done, playing, pool, index)
    assert found.timestep.tolist() == [5, 1, 4, 3]
    assert jax.tree.structure(found) == jax.tree.structure(playing)


def test_vmap_plays_each_for_itself():
    environment = Environment(example_task(S))
    levels = stack_scenes([level(box=GREEN, disc=BLUE), level()])
    state = jax.vmap(environment.reset)(levels)
    _, transition = jax.jit(jax.vmap(environment.step))(state, np.stack([NOOP, NOOP]))
    # both bodies begin at the origin, closer than what free flight calls touching
    assert transition.goal.tolist() == [True, False]

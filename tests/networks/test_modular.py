"""network/modular: what one motor learns, all have learnt; and what it refuses."""

from dataclasses import replace

import jax
import numpy as np
import pytest
from kinetix_jax2d import Jax2D, Jax2DConfig
from kinetix_networks import Modular, ModularConfig
from kinetix_observations import Egocentric, EgocentricConfig

from kinetix_core.env import ContinuousActions, DiscreteActions, MultiDiscreteActions
from kinetix_core.env.action_config import ContinuousConfig, DiscreteConfig, MultiDiscreteConfig
from kinetix_core.errors import SettingError
from kinetix_core.interfaces import Discrete
from kinetix_core.learn import NormalisedParameters, normalised
from kinetix_core.scene import S, load_levels, stack_scenes
from kinetix_core.testing import example_task
from tests.observations.mirror import mirrored

ACTIONS = {
    "multi": (MultiDiscreteActions, MultiDiscreteConfig),
    "single": (DiscreteActions, DiscreteConfig),
    "box": (ContinuousActions, ContinuousConfig),
}


class Case:
    """A small network for one action space, with random parameters in every layer."""

    def __init__(self, kind):
        task = example_task(S)
        task = replace(task, observation=Egocentric(EgocentricConfig(), task))
        actions, config = ACTIONS[kind]
        task = replace(task, action=actions(config(), task))
        self.network = Modular(ModularConfig(width=8, head_width=8), task)
        self.observation = self.seen()
        shapes = jax.eval_shape(self.network.init, jax.random.key(0), self.observation)
        rng = np.random.default_rng(0)
        self.params = jax.tree.map(
            lambda x: rng.normal(size=x.shape).astype(np.float32) / 3, shapes
        )
        self._apply = jax.jit(self.network.apply)

    def seen(self):
        """Something in every row, which no level of size s has."""
        space = dict(self.network_space().parts)
        rng = np.random.default_rng(1)
        seen = {k: rng.normal(size=v.shape).astype(np.float32) for k, v in space.items()}
        masks = {k: np.ones(space[k].shape, bool) for k in ("motor_mask", "thruster_mask")}
        return seen | masks | {"mirrored": np.zeros(1, bool)}

    @staticmethod
    def network_space():
        return Egocentric(EgocentricConfig(), example_task(S)).space(S)

    def apply(self, **parts):
        """Outputs of motors (4, n) and of thrusters (2, n), and the value."""
        seen = self.observation | parts
        _, distribution, value = self._apply(self.params, (), seen, np.bool_(True))
        return jax.device_get(distribution), float(value)


@pytest.fixture(scope="module", params=["multi", "single", "box"])
def case(request):
    return Case(request.param), request.param


def motors_of(distribution, kind):
    """One row per motor: how much it likes forward, and backward."""
    if kind == "multi":
        return np.asarray(distribution.logits).T[:4, 1:]
    if kind == "single":
        return np.asarray(distribution.logits)[:8].reshape(4, 2)[:, ::-1]
    mean = np.asarray(distribution.mean)[:4]
    return np.stack([mean, -mean], axis=1)


def thrusters_of(distribution, kind):
    if kind == "multi":
        return np.asarray(distribution.logits).T[4:, :2]
    return np.asarray(distribution.logits if kind == "single" else distribution.mean)[-2:]


def test_inputs_that_change_places_change_what_is_done(case):
    case, kind = case
    before, value = case.apply()
    order, ends = [2, 0, 3, 1], [1, 0]
    rows = {"motors": case.observation["motors"][order]}
    rows["thrusters"] = case.observation["thrusters"][ends]
    after, value_after = case.apply(**rows)
    found, wanted = motors_of(after, kind), motors_of(before, kind)
    np.testing.assert_allclose(found, wanted[order], atol=1e-5)
    assert np.abs(wanted - wanted[order]).max() > 0.01
    np.testing.assert_allclose(
        thrusters_of(after, kind), thrusters_of(before, kind)[ends], atol=1e-5
    )
    assert value_after == pytest.approx(value, abs=1e-5)


def test_a_mirrored_scene_swaps_forward_and_backward(case):
    case, kind = case
    before, value = case.apply()
    after, value_after = case.apply(mirrored=np.ones(1, bool))
    wanted = motors_of(before, kind)
    np.testing.assert_allclose(motors_of(after, kind), wanted[:, ::-1], atol=1e-5)
    assert np.abs(wanted - wanted[:, ::-1]).max() > 0.01
    np.testing.assert_allclose(thrusters_of(after, kind), thrusters_of(before, kind), atol=1e-5)
    assert value_after == value


def test_what_drives_nothing_is_drawn_evenly_and_changes_nothing(case):
    case, kind = case
    idle = case.observation["motors"].copy()
    mask = np.arange(4) != 1
    first, value = case.apply(motors=idle, motor_mask=mask)
    found = motors_of(first, kind)[1]
    assert found[0] == found[1]
    if kind == "multi":
        np.testing.assert_allclose(first.logits[:, 1], np.log(1 / 3), atol=1e-6)
    idle[1] = 7
    second, value_after = case.apply(motors=idle, motor_mask=mask)
    np.testing.assert_array_equal(motors_of(second, kind), motors_of(first, kind))
    assert value_after == value


def test_what_the_agent_does_is_mirrored_with_the_level():
    """Engine, encoder and network together: joints on walls, limits, thrusters, wheels."""
    case = Case("multi")
    names = ("golf_swing", "pump_the_swing", "tilt_the_tray", "hover_across", "roll_right")
    levels = load_levels([f"handmade/s/{name}" for name in names], S).levels
    scenes = [jax.tree.map(lambda x, i=i: x[i], levels) for i in range(len(names))]
    across = stack_scenes([mirrored(scene) for scene in scenes])
    controls = np.linspace(0.3, 0.9, S.joints + S.thrusters, dtype=np.float32)
    turned = np.where(np.arange(len(controls)) < S.joints, -controls, controls)

    @jax.jit
    @jax.vmap
    def play(scene, controls):
        engine, task = Jax2D(S, Jax2DConfig()), case.network.task
        state = engine.steps(engine.init(scene), controls, 8)[0]
        seen = task.observation.encode(engine.scene(state))
        _, distribution, value = case.network.apply(case.params, (), seen, np.bool_(True))
        return seen, distribution.outputs, value

    both = [np.tile(each, (len(names), 1)) for each in (controls, turned)]
    (seen, outputs, value), (other, outputs_across, value_across) = (
        jax.device_get(play(*args)) for args in zip((levels, across), both, strict=True)
    )
    np.testing.assert_array_equal(seen["mirrored"] ^ other["mirrored"], True)
    for part in ("scene", "motors", "thrusters"):
        np.testing.assert_allclose(seen[part], other[part], atol=2e-3, err_msg=part)
    motors = outputs[:, :12].reshape(-1, 4, 3)
    np.testing.assert_allclose(
        outputs_across[:, :12].reshape(-1, 4, 3), motors[:, :, [0, 2, 1]], atol=2e-3
    )
    np.testing.assert_allclose(outputs_across[:, 12:], outputs[:, 12:], atol=2e-3)
    np.testing.assert_allclose(value_across, value, atol=2e-3)
    assert np.abs(motors[..., 1] - motors[..., 2]).max() > 0.1


def test_where_observations_are_normalised_an_input_that_is_always_there_still_acts():
    case = Case("multi")
    network = normalised(case.network, case.network.task.observation)
    first = network.init(jax.random.key(0), case.observation)
    params = NormalisedParameters(case.params, first.observation)
    many = jax.tree.map(lambda x: np.broadcast_to(x, (2, 3, *x.shape)), case.observation)
    params = network.observed(params, many)
    _, distribution, _ = jax.jit(network.apply)(params, (), case.observation, np.bool_(True))
    assert np.ptp(motors_of(jax.device_get(distribution), "multi"), axis=1).min() > 1e-3


def test_refuses_other_observations_and_actions():
    task = example_task(S)
    with pytest.raises(SettingError, match=r"network=modular: .*choose observation=egocentric"):
        Modular(ModularConfig(), task)
    task = replace(task, observation=Egocentric(EgocentricConfig(), task))

    class Three(DiscreteActions):
        @property
        def space(self):
            return Discrete(3)

    with pytest.raises(SettingError, match=r"knows no actions in Discrete\(n=3"):
        Modular(ModularConfig(), replace(task, action=Three(DiscreteConfig(), task)))


@pytest.mark.parametrize("setting", [{"depth": -1}, {"width": 0}, {"head_width": 0}])
def test_names_settings_out_of_range(setting):
    (name,) = setting
    with pytest.raises(SettingError, match=rf"network\.{name}=.*at least"):
        ModularConfig(**setting)


def test_the_critics_last_layer_is_the_one_before_the_value(case):
    network = case[0].network
    told = network.activations(case[0].params, (), case[0].observation, np.bool_(True))
    assert network.value_layer == "critic_units_1"
    value = case[0].params["value"]
    by_hand = told[network.value_layer] @ value["kernel"] + value["bias"]
    np.testing.assert_allclose(case[0].apply()[1], by_hand[0], rtol=1e-4)

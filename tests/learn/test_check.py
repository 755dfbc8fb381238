"""Parts that do not keep their word are named before anything is compiled."""

from dataclasses import dataclass, replace

import jax
import jax.numpy as jnp
import pytest
from kinetix_curricula import Fixed, FixedConfig
from kinetix_networks import MLP, MLPConfig

from kinetix_core.cli import main
from kinetix_core.errors import PluginError
from kinetix_core.interfaces import Box, Proposal
from kinetix_core.learn import Setup, init_state, update
from kinetix_core.scene import M, empty_scene, stack_scenes
from tests.learn import probe
from tests.plugin_packages import component


class Longer(probe.ProbeEncoder):
    def space(self, size):
        return Box(0.0, 10.0, (9,))


class OtherType(probe.ProbeEncoder):
    def encode(self, scene):
        return super().encode(scene).astype(jnp.float16)


class InParts(probe.ProbeEncoder):
    def encode(self, scene):
        return {"all": super().encode(scene)}


class Larger(probe.ProbeLevels):
    def sample(self, key, n):
        return jax.tree.map(jnp.asarray, stack_scenes([empty_scene(M)] * n))


class TooFew(probe.ProbeLevels):
    def sample(self, key, n):
        return super().sample(key, n - 1) if n > 1 else super().sample(key, n)


class Enlarging(Fixed):
    def propose(self, state, key, tools, policy):
        return state, Proposal(stack_scenes([empty_scene(M)] * tools.num_envs))


class OneLevel(Fixed):
    def propose(self, state, key, tools, policy):
        return state, Proposal(jax.tree.map(lambda x: x[0], tools.sample(key, 1)))


class NoProposal(Fixed):
    def propose(self, state, key, tools, policy):
        return state, tools.sample(key, tools.num_envs)


class Grows(Fixed):
    def init(self, key, tools):
        return jnp.zeros(3)

    def learn(self, state, proposal, outcome):
        return jnp.append(state, 0.0)


class LogsMany(Fixed):
    def metrics(self, state):
        return {"kept": jnp.zeros(3)}


class ActsShort(MLP):
    def apply(self, *args, **kwargs):
        memory, distribution, value = super().apply(*args, **kwargs)
        return memory, Short(distribution), value


@dataclass(frozen=True)
class Short:
    inner: object

    def sample(self, key):
        return self.inner.sample(key)[:3]

    def log_prob(self, action):
        return jnp.float32(0)


class ValuesMany(MLP):
    def apply(self, *args, **kwargs):
        memory, distribution, value = super().apply(*args, **kwargs)
        return memory, distribution, value[None]


class Forgets(MLP):
    def memory(self):
        return jnp.zeros(3)

    def apply(self, params, memory, *args, **kwargs):
        return jnp.zeros(2), *super().apply(params, (), *args, **kwargs)[1:]


class Misnames(MLP):
    value_layer = "critic/unit_1"


def setup_with(**parts) -> Setup:
    setup = probe.probe_setup(probe.ENDLESS)
    made = {
        name: part if name in ("observation", "generator") else part(_config(name), setup.task)
        for name, part in parts.items()
    }
    names = tuple((name, "mine") for name in parts)
    return replace(setup, task=replace(setup.task, **made), names=names)


def _config(name):
    return MLPConfig(depth=1, width=8) if name == "network" else FixedConfig()


OBSERVED = "observation=mine: the observation is "
CASES = [
    (
        {"observation": Longer()},
        OBSERVED + r"float32\(8,\), but float32\(9,\) is what its space",
    ),
    ({"observation": OtherType()}, OBSERVED + r"float16\(8,\), but float32\(8,\)"),
    ({"observation": InParts()}, "observation=mine: (all is .* but no such part|.* is missing)"),
    ({"generator": Larger(())}, "generator=mine: .* of size m; this run has size s"),
    ({"generator": TooFew((0,))}, r"generator=mine: .* leading axes \(31,\); 32 along one axis"),
    ({"curriculum": Enlarging}, "curriculum=mine: it gave levels of size m"),
    ({"curriculum": OneLevel}, r"curriculum=mine: .* leading axes \(\); several"),
    ({"curriculum": NoProposal}, "curriculum=mine: propose gave tuple, Scene; its new state"),
    ({"network": ActsShort}, r"network=mine: an action is int32\(3,\); .* takes 6 whole numbers"),
    ({"network": ValuesMany}, r"network=mine: the value is float32\(1,\); one number"),
    ({"network": Misnames}, r"network=mine: its value_layer critic/unit_1 is none of .*actor/"),
    ({"network": Forgets}, r"network=mine: .* memory is .*float32\(2,\).*float32\(3,\)"),
]


@pytest.mark.parametrize(("parts", "text"), CASES)
def test_a_part_that_does_not_keep_its_word_is_named(parts, text):
    setup = setup_with(**parts)
    with pytest.raises(PluginError, match=text):
        jax.eval_shape(lambda: init_state(setup, 0))


@pytest.mark.parametrize(
    ("curriculum", "text"),
    [
        (Grows, r"its state has float32\(4,\) as its array, where `init` gave float32\(3,\)"),
        (LogsMany, r"its metric kept is float32\(3,\); one number is expected"),
    ],
)
def test_a_curriculum_that_does_not_stay_as_it_began_is_named(curriculum, text):
    setup = setup_with(curriculum=curriculum)
    state = jax.eval_shape(lambda: init_state(setup, 0))
    with pytest.raises(PluginError, match="curriculum=mine: .*" + text):
        jax.eval_shape(lambda s: update(setup, s), state)


def test_parts_that_do_are_taken():
    setup = probe.probe_setup(probe.ENDLESS)
    assert jax.eval_shape(lambda: init_state(setup, 0)).update.shape == ()


SOURCE = """
from kinetix_core.interfaces import Box, ObservationEncoder
import jax.numpy as jnp

class Short(ObservationEncoder):
    def __init__(self, config, task): ...
    def space(self, size): return Box(-1.0, 1.0, (5,))
    def encode(self, scene): return jnp.zeros(4)
"""


def test_it_is_said_by_the_command_line_and_leaves_no_run_folder(packages, tmp_path, capsys):
    source = component("observation", "short", "short_parts:Config", "short_parts:Short")
    packages.add("kinetix-short", "short", source)
    config = "from dataclasses import dataclass\n@dataclass(frozen=True)\nclass Config: ...\n"
    (packages.path / "short_parts.py").write_text(config + SOURCE)
    packages.modules.add("short_parts")
    assert main(["train", "observation=short", f"train.directory={tmp_path / 'runs'}"]) == 2
    text = capsys.readouterr().err.strip().splitlines()[-1]
    assert text == (
        "kinetix: error: observation=short: the observation is float32(4,), but float32(5,) is "
        "what its space says in size s"
    )
    assert not (tmp_path / "runs").exists()


class Weak(Fixed):
    """Its state has a weak type, as Python's numbers give one."""

    def init(self, key, tools):
        return jnp.full(3, 1.0)

    def propose(self, state, key, tools, policy):
        return jnp.where(state > 0, 2.0, state), super().propose((), key, tools, policy)[1]


def test_what_is_compiled_serves_a_run_that_is_taken_up_again():
    """A checkpoint keeps no weak types, so a state that had some would compile anew."""
    assert jnp.full(3, 1.0).weak_type
    setup = setup_with(curriculum=Weak)
    state = jax.eval_shape(lambda: init_state(setup, 0))
    after = jax.eval_shape(lambda s: update(setup, s)[0], state)
    for found in (state, after):
        assert not any(leaf.weak_type for leaf in jax.tree.leaves(found))

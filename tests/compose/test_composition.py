"""What a run is composed of: defaults, choices, presets, settings."""

import dataclasses
import json

import pytest

from kinetix_core.compose import (
    SECTIONS,
    compose_config,
    compose_run,
    compose_saved,
    presets,
    settings_of,
)
from kinetix_core.errors import PluginError, SettingError
from kinetix_core.registry import COMPOSED_KINDS, load_object, registry
from kinetix_core.scene import SIZES, SceneSize

TOY = ["engine=toy", "engine.needed=x"]
LEVELS = ["generator=toy"]


@pytest.fixture(autouse=True)
def toy(packages):
    packages.add_toy()
    return packages


def compose(*settings):
    return compose_run([*TOY, *LEVELS, *settings])


def test_the_defaults_are_those_of_the_dataclasses():
    run = compose()
    assert (run.size, run.seed, run.num_seeds) == (SIZES["s"], 0, 1)
    for name in ("env", "ppo", "train"):
        assert getattr(run, name) == load_object(SECTIONS[name])()
    for kind in COMPOSED_KINDS.values():
        if kind.several:
            chosen = getattr(run, f"{kind.name}s")
            assert tuple(c.name for c in chosen) == kind.default
        elif kind.name not in ("engine", "generator"):
            assert (run[kind.name].name,) == kind.default


def test_settings_reach_the_dataclasses_with_their_types():
    run = compose(
        "engine.flavour=sour",
        "engine.gains=[1,2.5]",
        "engine.limit=4",
        "engine.inner.depth=7",
        "engine.loud=true",
        "ppo.epochs=2",
        "--ppo.gamma=0.9",
        "seed=5",
    )
    config = run["engine"].config
    assert type(config).__name__ == "ToyConfig"
    assert config.flavour.value == "sour"
    assert config.gains == (1.0, 2.5)
    assert (config.limit, config.inner.depth, config.loud, config.needed) == (4, 7, True, "x")
    assert (run.ppo.epochs, run.ppo.gamma, run.seed) == (2, 0.9, 5)


def test_a_later_setting_wins():
    assert compose("seed=1", "seed=2").seed == 2


def test_a_composed_run_can_be_a_key():
    assert hash(compose("seed=1")) == hash(compose("seed=1"))
    assert compose("seed=1") == compose("seed=1")
    assert compose("seed=1") != compose("seed=2")
    assert compose("engine.count=1") != compose("engine.count=2")


def test_sizes_by_name_and_by_slots():
    assert compose("size=l").size == SIZES["l"]
    run = compose("size={polygons: 8, circles: 3, joints: 4, thrusters: 2}")
    assert run.size == SceneSize(8, 3, 4, 2)


def test_levels_is_short_for_the_files_generator():
    run = compose_run([*TOY, "levels=some/folder"])
    assert run["generator"].name == "files"
    assert run["generator"].config.levels == "some/folder"
    assert compose_run([*TOY, "--levels=[a,b]"])["generator"].config.levels == ("a", "b")


def test_several_loggers_each_with_settings_of_their_own():
    run = compose("logger=[jsonl,toy]", "logger.toy.needed=y", "logger.jsonl.file=log.jsonl")
    assert [(c.kind, c.name) for c in run.loggers] == [("logger", "jsonl"), ("logger", "toy")]
    assert run.loggers[0].config.file == "log.jsonl"
    assert run.loggers[1].config.needed == "y"
    assert compose("logger=[]").loggers == ()
    assert [c.name for c in compose("logger=jsonl").loggers] == ["jsonl"]


def test_the_tree_says_what_was_chosen_and_is_plain_json():
    run = compose("engine.flavour=sour", "size={polygons: 8, circles: 3, joints: 4, thrusters: 2}")
    tree = json.loads(json.dumps(run.config))
    assert tree == run.config
    assert tree["engine"]["name"] == "toy"
    assert tree["engine"]["flavour"] == "sour"
    assert list(tree["logger"]) == ["console", "jsonl"]


def test_a_setting_can_refer_to_another():
    assert compose("seed=7", "train.name=seed-${seed}").train.name == "seed-7"


def test_what_must_be_given_is_shown_as_missing():
    assert "needed: ???" in _yaml(compose_config(["engine=toy"]))


def _yaml(config):
    from omegaconf import OmegaConf

    return OmegaConf.to_yaml(config)


# a saved run


def test_a_saved_run_is_composed_again():
    run = compose(
        "logger=[jsonl]",
        "seed=3",
        "engine.flavour=sour",
        "engine.gains=[4]",
        "engine.inner.depth=2",
        "action=discrete",
        "size={polygons: 8, circles: 3, joints: 4, thrusters: 2}",
    )
    again = compose_saved(json.loads(json.dumps(run.config)))
    assert again == run
    assert again.config == run.config


def test_settings_on_top_of_a_saved_run():
    saved = compose("seed=3", "engine.count=9").config
    again = compose_saved(saved, ["levels=elsewhere", "seed=4", "logger=[]"])
    assert again["generator"].config.levels == "elsewhere"
    assert again["engine"].config.count == 9
    assert (again.seed, again.loggers) == (4, ())


def test_a_saved_run_with_settings_that_are_no_more():
    saved = json.loads(json.dumps(compose().config))
    saved["ppo"]["learningrate"] = 1.0
    with pytest.raises(
        SettingError, match=r"saved run: ppo\.learningrate: unknown .*learning_rate"
    ):
        compose_saved(saved)


def test_a_saved_run_whose_component_is_no_longer_installed():
    saved = json.loads(json.dumps(compose().config))
    saved["engine"]["name"] = "gone"
    with pytest.raises(PluginError, match="engine=gone: unknown"):
        compose_saved(saved)
    del saved["engine"]
    with pytest.raises(SettingError, match=r"saved run: engine\.name: missing"):
        compose_saved(saved)


# presets


PRESETS = """
from kinetix_core.registry import hookimpl

@hookimpl
def kinetix_config_folders():
    yield "pkg://kinetix_presets.configs"
"""


def add_preset(packages, text, name="fast"):
    packages.add(
        "kinetix-presets",
        "kinetix_presets",
        PRESETS,
        files={
            f"kinetix_presets/configs/experiment/{name}.yaml": text,
            "kinetix_presets/configs/__init__.py": "",
        },
    )


FAST = """
    # @package _global_
    defaults:
      - override /engine: toy
      - override /generator: toy
      - override /logger: [jsonl]
    size: m
    ppo:
      epochs: 1
    engine:
      needed: from preset
      flavour: sour
    """


def test_a_preset_of_a_plugin_sets_anything(toy):
    add_preset(toy, FAST)
    assert presets()["fast"] == "pkg://kinetix_presets.configs/experiment/fast.yaml"
    run = compose_run(["experiment=fast"])
    assert (run.size, run.ppo.epochs) == (SIZES["m"], 1)
    assert run["engine"].config.needed == "from preset"
    assert run["engine"].config.flavour.value == "sour"
    assert [c.name for c in run.loggers] == ["jsonl"]


@pytest.mark.parametrize("place", ["kinetix_fast.configs", "kinetix_fast/configs", "bare"])
def test_a_folder_of_presets_needs_no_init_file(toy, place):
    # a package of its own: inspect remembers that one of the same name had a file
    source = PRESETS.replace("kinetix_presets.configs", place)
    folder = "bare" if place == "bare" else "kinetix_fast/configs"
    files = {f"{folder}/experiment/fast.yaml": FAST}
    toy.add("kinetix-fast", "kinetix_fast", source, files=files)
    assert not registry().broken
    assert presets()["fast"] == f"pkg://{place}/experiment/fast.yaml"
    assert compose_run(["experiment=fast"])["engine"].config.needed == "from preset"


def test_settings_and_choices_win_over_the_preset(toy):
    add_preset(toy, FAST)
    run = compose_run(["experiment=fast", "ppo.epochs=5", "size=l", "logger=[]"])
    assert (run.ppo.epochs, run.size, run.loggers) == (5, SIZES["l"], ())


def test_another_component_leaves_out_what_the_preset_sets_of_its_kind(toy):
    add_preset(toy, FAST)
    run = compose_run(["experiment=fast", "engine=jax2d", "engine.dt=0.01"])
    plain = compose_run(["experiment=fast"])
    assert run.components["engine"].name == "jax2d"
    assert run.config["engine"]["dt"] == 0.01
    assert "flavour" not in run.config["engine"]
    rest = {k: v for k, v in run.config.items() if k != "engine"}
    assert rest == {k: v for k, v in plain.config.items() if k != "engine"}
    assert compose_run(["experiment=laptop_sfl", "curriculum=dr"]).config["curriculum"] == {
        "name": "dr"
    }


def test_the_presets_own_component_named_again_keeps_its_settings(toy):
    add_preset(toy, FAST)
    plain = compose_run(["experiment=fast"]).config
    assert compose_run(["experiment=fast", "engine=toy"]).config == plain
    again = ["experiment=fast", "engine=jax2d", "engine=toy"]
    assert compose_run(again).config == plain, "the last one wins"


LOGGING = """\
# @package _global_
defaults:
  - override /logger: [jsonl, csv]
logger:
  jsonl: {file: mine.jsonl}
  csv: {file: mine.csv}
"""


@pytest.mark.parametrize("names", ["csv,jsonl", "jsonl,csv,console", "csv"])
def test_of_several_components_those_that_stay_keep_their_settings(toy, names):
    add_preset(toy, LOGGING)
    logger = compose_run(["experiment=fast", f"logger=[{names}]"]).config["logger"]
    assert list(logger) == names.split(",")
    mine = {"jsonl": "mine.jsonl", "csv": "mine.csv"}
    assert all(logger[name]["file"] == mine[name] for name in names.split(",") if name in mine)


def test_a_preset_may_need_the_choices_beside_it(toy):
    add_preset(toy, "# @package _global_\ncurriculum: {batch_size: 512}\n")
    run = compose_run(["experiment=fast", "curriculum=sfl"])
    assert run.config["curriculum"]["batch_size"] == 512


def test_a_setting_that_refers_to_what_was_left_out_can_be_given(toy):
    text = "# @package _global_\ndefaults:\n  - override /curriculum: sfl\n"
    add_preset(toy, text + "ppo: {num_envs: '${curriculum.batch_size}'}\n")
    assert compose_run(["experiment=fast", "curriculum=plr", "ppo.num_envs=8"]).ppo.num_envs == 8
    with pytest.raises(SettingError, match=r"ppo.num_envs.*curriculum.batch_size"):
        compose_run(["experiment=fast", "curriculum=plr"])


def test_one_preset_is_expected(toy):
    with pytest.raises(SettingError, match=r"experiment=\[a,b\]: one preset is expected"):
        compose_run(["experiment=[a,b]"])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "# @package _global_\nppo: {learningrate: 1}",
            "ppo.learningrate: unknown setting; did you mean ppo.learning_rate?",
        ),
        ("# @package _global_\nsede: 1", "sede: unknown setting; did you mean seed?"),
        ("# @package _global_\nppo: {epochs: many}", "ppo.epochs=many: a whole number is expected"),
        ("ppo: {epochs: 1}", "the first line `# @package _global_` is missing"),
        (
            "# @package _global_\ndefaults:\n  - override /network: mpl",
            "network=mpl: unknown; did you mean mlp?",
        ),
        ("# @package _global_\nppo: {epochs: [", "fast.yaml"),
        ("# @package _global_\naction: {name: discrete}", "action.name"),
        (
            "# @package _global_\nlogger: {cvs: {file: x}}",
            "logger.cvs: unknown setting; did you mea",
        ),
        ("# @package _global_\nlogger: {csv: {file: x}}", "logger.csv: logger=csv is not chosen h"),
        ("# @package _global_\nlogger: {csv: 3}", "logger.csv: logger=csv is not chosen here"),
    ],
)
def test_a_faulty_preset_is_one_line(toy, text, words):
    add_preset(toy, text)
    with pytest.raises((SettingError, PluginError)) as caught:
        compose("experiment=fast")
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_unknown_preset_names_the_nearest(toy):
    add_preset(toy, FAST)
    with pytest.raises(SettingError, match=r"experiment=fst: unknown; did you mean fast\?"):
        compose_run(["experiment=fst"])


def test_our_own_presets_compose():
    for name, file in presets().items():
        if file.startswith("pkg://kinetix_configs"):
            compose_run([f"experiment={name}"])


# what settings say about themselves


def test_every_setting_of_ours_says_what_it_means():
    owners = [(name, load_object(path)) for name, path in SECTIONS.items()]
    for kind in COMPOSED_KINDS:
        for component in registry().components(kind):
            if "open-kinetix" in registry().distribution(component):
                owners += [(str(component), registry().config_class(kind, component.name))]
    silent = [s.key for name, cls in owners for s in settings_of(cls, name) if not s.doc]
    assert silent == []


def test_settings_are_read_with_type_default_and_text():
    settings = {s.key: s for s in settings_of(registry().config_class("engine", "toy"), "engine")}
    count = settings["engine.count"]
    assert (count.type_text, count.default_text, count.doc) == (
        "int",
        "3",
        "How many, in two lines.",
    )
    assert settings["engine.needed"].default_text == "required"
    assert settings["engine.flavour"].type_text == "sweet|sour"
    assert settings["engine.limit"].type_text == "int|null"
    assert settings["engine.limit"].default_text == "null"
    assert settings["engine.gains"].type_text == "list of float"
    assert settings["engine.inner.depth"].doc == "How deep."


def test_settings_of_a_base_class_keep_their_text():
    @dataclasses.dataclass(frozen=True)
    class Base:
        width: int = 1
        """How wide."""

    @dataclasses.dataclass(frozen=True)
    class Derived(Base):
        height: int = 2
        """How high."""

    assert [(s.key, s.doc) for s in settings_of(Derived, "x")] == [
        ("x.width", "How wide."),
        ("x.height", "How high."),
    ]


def test_a_choice_may_be_a_word_that_python_keeps_for_itself():
    assert compose("train.on_nan=continue").train.on_nan.name == "continue"

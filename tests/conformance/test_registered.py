"""Every registered component keeps the promises of its kind, whoever offers it."""

import json
import os
from dataclasses import replace

import pytest

from kinetix_core.compose import compose_run
from kinetix_core.errors import PluginError, SettingError
from kinetix_core.registry import KINDS, registry
from kinetix_core.scene import S, SceneSize
from kinetix_core.testing import check, example_task

# the default settings are checked; fewer layers where those only take long to compile
SETTINGS = {
    ("generator", "mixture"): {"parts": ("0.5 empty", "0.5 files")},
    ("generator", "random_all"): {"sizes": ("s",)},  # the size of the task
    ("level_set", "random"): {"count": 8},
    ("network", "mlp"): {"depth": 1, "width": 32},
    ("network", "deep_sets"): {"depth": 1, "width": 32},
    ("network", "transformer"): {"depth": 1, "width": 16, "layers": 1, "encoder_width": 16},
    ("network", "cnn"): {"depth": 1, "width": 16},
}
# what has no room in size s
ROOM = {("generator", "locomotion"): SceneSize(10, 1, 5, 0)}
OPTIONS = {"curriculum": {"updates": 200}}


def build(kind, name, task):
    settings = SETTINGS.get((kind, name), {})
    config = registry().config_class(kind, name)(**settings)
    return registry().build(kind, name, config, task)


@pytest.fixture(scope="module")
def task():
    return example_task(S)


def run_of(folder):
    """What a run on two of our own levels has left behind."""
    config = compose_run(["levels=[handmade/s/roll_right,handmade/s/lift_off]"]).config
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "run.json").write_text('{"status": "finished"}')
    return folder


def task_for(network, task):
    """The task with the first encoder whose observations the network takes."""
    refusals = []
    names = registry().names("observation")
    # the one that shows next to nothing comes last
    for encoder in sorted(names, key=lambda name: name == "blind"):
        suited = replace(task, observation=build("observation", encoder, task))
        try:
            build("network", network, suited)
        except SettingError as error:
            refusals.append(str(error))
        else:
            return suited
    raise AssertionError(f"no encoder suits network={network}: {refusals}")


@pytest.mark.parametrize(
    ("kind", "name"), [(kind, name) for kind in KINDS for name in registry().names(kind)]
)
def test_keeps_its_promises(kind, name, task, tmp_path):
    if kind == "network":
        task = task_for(name, task)
    if size := ROOM.get((kind, name)):
        task = example_task(size)
    try:
        component = build(kind, name, task)
    except PluginError as error:
        if "needs the package" not in str(error):
            raise
        pytest.skip(str(error))
    if kind == "logger":
        component = lambda: build(kind, name, task)  # noqa: E731
    options = dict(OPTIONS.get(kind, {}))
    if kind == "level_set" and component.argument:
        options["argument"] = str(run_of(tmp_path))
    check(kind, component, task, **options)


@pytest.mark.parametrize("action", sorted({*registry().names("action")} - {"multi_discrete"}))
def test_networks_take_every_action_space(action, task):
    task = replace(task, action=build("action", action, task))
    promises = ["distribution_is_one"]  # the other spaces; the default one is seen above
    for name in registry().names("network"):
        suited = task_for(name, task)
        check("network", build("network", name, suited), suited, promises=promises)


SIZES = [SceneSize(6, 1, 1, 1, 2, 1), SceneSize(4, 0, 0, 0)]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", registry().names("engine"))
def test_engines_take_every_size(name, size):
    task = example_task(size)
    promises = ("keeps_shapes", "steps_is_step_repeated")  # the latter found an empty table
    check("engine", build("engine", name, task), task, promises=promises)


# Each of its programs compiles for seconds, in a small size too: without KINETIX_EVERY_SIZE those
# promises that depend on a kernel and that tests/engine/lanes does not look at.
EVERY_SIZE = os.environ.get("KINETIX_EVERY_SIZE") == "1"
OF_THE_JAX_KERNEL = None if EVERY_SIZE else (
    "repeats_itself",
    "vmap_equals_a_loop",
    "place_in_the_batch_does_not_matter",
    "empty_slots_have_no_influence",
    "nan_stays_in_its_scene",
    "trace_ends_with_the_scene",
    "the_boundary_stays",
)  # fmt: skip


@pytest.mark.parametrize("size", [S, *SIZES] if EVERY_SIZE else [SceneSize(4, 1, 1, 1, 2, 1)])
def test_the_jax_kernel_keeps_them_up_to_rounding(size):
    """The native kernel runs above and promises every bit. Of the JAX kernel a scene's last
    digits may depend on the size of its batch; contacts let them grow over steps."""
    task = example_task(size)
    settings = registry().config_class("engine", "jax2d")(kernel="jax")
    engine = registry().build("engine", "jax2d", settings, task)
    check("engine", engine, task, promises=OF_THE_JAX_KERNEL, calls=4, tolerance=1e-4)

"""`kinetix doctor`, and where compiled programs are kept."""

import json
import os
import subprocess
import sys

import pytest

from kinetix_core.cli import _jax, main

CHECKED = """
from kinetix_core.registry import Component, hookimpl

def check(): return ["gears are oiled"]
def faulty(): raise RuntimeError("no gears")

@hookimpl
def kinetix_components():
    config = "kinetix_core.env.action_config:DiscreteConfig"
    factory = "kinetix_core.env.actions:DiscreteActions"
    yield Component("action", "good", config, factory, "", check="checked:check")
    yield Component("action", "faulty", config, factory, "", check="checked:faulty")
    yield Component("action", "absent", config, "no_such:factory", "")
"""


def test_doctor_runs_every_check_and_says_what_is_wrong(capsys, packages):
    packages.add("kinetix-checked", "checked", CHECKED)
    packages.add("kinetix-bad", "bad", "import no_such_module")
    assert main(["doctor"]) == 1
    text = capsys.readouterr().out
    assert "jaxlib 0." in text
    assert "JAX backend cpu" in text
    assert "action/good: good\n    gears are oiled" in text
    problems = text.split("problems found\n")[1]
    assert "action/faulty" in problems
    assert "raised RuntimeError: no gears" in problems
    assert "action/absent" in problems
    assert "plugin bad (bad, from kinetix-bad 1.0) is broken" in problems
    assert "action/good" not in problems


def cache_of(code_before="", **environment):
    """What a fresh process says: the cache folder it chose, and what JAX then uses."""
    program = (
        "import json\n"
        f"{code_before}\n"
        "from kinetix_core.cli._jax import set_up_compilation_cache\n"
        "folder = set_up_compilation_cache()\n"
        "import jax\n"
        "print(json.dumps([str(folder), jax.config.jax_compilation_cache_dir]))\n"
    )
    kept = {k: v for k, v in os.environ.items() if "COMPILATION_CACHE" not in k}
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=kept | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return *json.loads(done.stdout), done.stderr


@pytest.mark.parametrize("code_before", ["", "import jax"])
def test_compiled_programs_are_kept_in_the_users_cache_folder(tmp_path, code_before):
    folder, used, said = cache_of(code_before, XDG_CACHE_HOME=str(tmp_path))
    assert folder == used
    assert folder.startswith(str(tmp_path / "kinetix" / "xla"))
    assert os.path.isdir(folder)
    assert said == ""


def test_the_cache_can_be_moved_and_switched_off(tmp_path):
    wanted = str(tmp_path / "elsewhere")
    assert cache_of(KINETIX_COMPILATION_CACHE=wanted)[:2] == (wanted, wanted)
    assert cache_of(KINETIX_COMPILATION_CACHE="off")[:2] == ("None", None)
    own = str(tmp_path / "own")
    assert cache_of(JAX_COMPILATION_CACHE_DIR=own)[:2] == (own, own)


def test_an_unwritable_cache_is_a_warning_and_off(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    folder, used, said = cache_of(KINETIX_COMPILATION_CACHE=str(blocked / "cache"))
    assert (folder, used) == ("None", None)
    assert said.startswith(f"kinetix: warning: {blocked}/cache cannot be written")
    assert len(said.splitlines()) == 1


def test_a_second_start_compiles_nothing(tmp_path):
    program = (
        "import sys\n"
        "from kinetix_core.cli import _jax\n"
        "_jax._LEAST_SECONDS = '0'\n"
        "_jax.set_up_compilation_cache()\n"
        "import jax, jax.numpy as jnp\n"
        "print(float(jax.jit(lambda x: jnp.sin(x).sum())(jnp.arange(7.0))))\n"
    )
    environment = {k: v for k, v in os.environ.items() if "COMPILATION_CACHE" not in k}
    environment[_jax.VARIABLE] = str(tmp_path)

    def run():
        done = subprocess.run(
            [sys.executable, "-c", program], env=environment, capture_output=True, text=True
        )
        return done.stdout, sorted(p.name for p in tmp_path.iterdir() if p.name.endswith("-cache"))

    first, files = run()
    assert files
    assert run() == (first, files)

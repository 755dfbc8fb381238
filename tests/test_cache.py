"""One cache folder, for the command line and the engine alike."""

import sys
from pathlib import Path

import pytest
from kinetix_jax2d import _build, _compiler

from kinetix_core.cache import cache_folder, processor
from kinetix_core.cli import _jax, main


@pytest.fixture(autouse=True)
def nothing_chosen(monkeypatch):
    for name in ("KINETIX_CACHE_DIR", "KINETIX_COMPILATION_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("system", "variable", "expected"),
    [
        ("linux", None, Path.home() / ".cache" / "kinetix"),
        ("linux", "XDG_CACHE_HOME", Path("somewhere/kinetix")),
        ("darwin", None, Path.home() / "Library" / "Caches" / "kinetix"),
        ("win32", "LOCALAPPDATA", Path("somewhere/kinetix")),
    ],
)
def test_each_system_has_its_place(system, variable, expected, monkeypatch):
    monkeypatch.setattr(sys, "platform", system)
    if variable:
        monkeypatch.setenv(variable, "somewhere")
    assert cache_folder() == expected


def test_one_variable_moves_everything(monkeypatch):
    monkeypatch.setenv("KINETIX_CACHE_DIR", "~/elsewhere")
    assert cache_folder() == Path.home() / "elsewhere"
    assert _jax.compilation_cache_folder() == Path.home() / "elsewhere" / "xla" / processor()
    assert _build.cache_folder is cache_folder
    assert _compiler.processor is processor


@pytest.mark.parametrize("variable", ["KINETIX_CACHE_DIR", "KINETIX_COMPILATION_CACHE"])
def test_a_home_that_is_nobodys_is_one_line(variable, monkeypatch, capsys):
    monkeypatch.setenv(variable, "~nosuchuser/x")
    assert main(["doctor"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert f"{variable}=~nosuchuser/x: ~nosuchuser is no user's home folder" in line


def test_the_processor_has_a_name_that_fits_a_file():
    assert Path(processor()).name == processor()
    assert processor() == processor.__wrapped__()

"""The wheel holds every file of the packages, and its entry points lead somewhere."""

import email
import subprocess
import sys
import tomllib
import zipfile
from configparser import ConfigParser
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PACKAGES = [ROOT / p for p in PYPROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> zipfile.Path:
    """The root of a freshly built wheel."""
    folder = tmp_path_factory.mktemp("dist")
    command = (sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder))
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (file,) = folder.glob("*.whl")
    assert file.name.endswith("-py3-none-any.whl")  # the engine is compiled on first use
    return zipfile.Path(file)


def names(wheel: zipfile.Path) -> set[str]:
    return {name for name in wheel.root.namelist() if not name.endswith("/")}


def meta(wheel: zipfile.Path, name: str) -> str:
    (folder,) = (part for part in wheel.iterdir() if part.name.endswith(".dist-info"))
    return (folder / name).read_text(encoding="utf-8")


def test_wheel_holds_the_packages_and_nothing_else(wheel):
    expected = {
        str(file.relative_to(package.parent))
        for package in PACKAGES
        for file in package.rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }
    inside = {name for name in names(wheel) if ".dist-info/" not in name}
    assert inside == expected


@pytest.mark.parametrize(
    ("package", "suffixes"),
    [
        ("kinetix_configs/", [".yaml"]),
        ("kinetix_generators/levels/", [".json"]),
        ("kinetix_jax2d/", [".cpp", ".h"]),
        ("kinetix_core/render/assets/", [".js", ".css", ".html"]),
    ],
)
def test_wheel_holds_data(wheel, package, suffixes):
    found = {Path(name).suffix for name in names(wheel) if name.startswith(package)}
    assert found >= set(suffixes)


def test_entry_points_are_in_the_wheel(wheel):
    points = ConfigParser()
    points.read_string(meta(wheel, "entry_points.txt"))
    assert points["console_scripts"]["kinetix"] == "kinetix_core.cli:command"
    modules = {value.split(":")[0] for part in points.values() for value in part.values()}
    assert len(modules) > 1
    for module in modules:
        path = module.replace(".", "/")
        assert {f"{path}.py", f"{path}/__init__.py"} & names(wheel), module


def test_metadata(wheel):
    metadata = email.message_from_string(meta(wheel, "METADATA"))
    assert metadata["Name"] == "open-kinetix"
    assert metadata["License-Expression"] == "MIT"
    assert metadata["Requires-Python"] == ">=3.11"
    assert str(metadata.get_payload()).startswith("# ")
    assert "MIT License" in meta(wheel, "licenses/LICENSE")

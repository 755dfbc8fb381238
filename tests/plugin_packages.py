"""Plugin packages for tests: written as an installer would leave them behind."""

import importlib
import sys
import textwrap
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from kinetix_core.registry import registry

TOY = '''
from dataclasses import dataclass
from enum import Enum

from kinetix_core.errors import SettingError
from kinetix_core.registry import Component, hookimpl


class Flavour(Enum):
    sweet = "sweet"
    sour = "sour"


@dataclass(frozen=True)
class Inner:
    depth: int = 1
    """How deep."""


@dataclass(frozen=True)
class ToyConfig:
    """Settings of every type there is."""

    needed: str
    """Must be given."""
    count: int = 3
    """How many,
    in two lines."""
    ratio: float = 0.5
    loud: bool = False
    flavour: Flavour = Flavour.sweet
    limit: int | None = None
    gains: tuple[float, ...] = (1.0, 2.0)
    inner: Inner = Inner()

    def __post_init__(self):
        if self.count < 0:
            raise SettingError(f"count={self.count}: 0 or more is expected")
        if self.ratio > 1:
            raise ValueError("too much")


@dataclass(frozen=True)
class PlainConfig:
    """No settings."""


@hookimpl
def kinetix_components():
    yield Component("engine", "toy", "toy:ToyConfig", "toy_parts:engine", "a toy engine")
    yield Component("generator", "toy", "toy:PlainConfig", "toy_parts:generator", "toy levels")
    yield Component("logger", "toy", "toy:ToyConfig", "toy_parts:logger", "a toy logger")
'''
"""A plugin with an engine of every type of setting, a generator and a logger."""


class PackageFolder:
    """A folder on `sys.path` with packages in it."""

    def __init__(self, path: Path) -> None:
        path.mkdir()
        self.path = path
        self.modules: set[str] = set()

    def add(
        self,
        distribution: str,
        module: str,
        source: str,
        *,
        files: Mapping[str, str] = {},
        version: str = "1.0",
    ) -> None:
        """Install `module` with `source` as a plugin of `distribution`.

        files: further files by path, such as `kinetix_toy/configs/experiment/one.yaml`.
        """
        information = self.path / f"{distribution.replace('-', '_')}-{version}.dist-info"
        information.mkdir()
        (information / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n"
        )
        (information / "entry_points.txt").write_text(f"[kinetix.plugins]\n{module} = {module}\n")
        package = any(name.startswith(f"{module}/") for name in files)
        name = f"{module}/__init__.py" if package else f"{module}.py"
        for path, text in {name: source, **files}.items():
            file = self.path / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(textwrap.dedent(text))
            self.modules.add(Path(path).parts[0].removesuffix(".py"))
        importlib.invalidate_caches()
        registry.cache_clear()

    def add_toy(self) -> None:
        """Install the plugin `TOY` as kinetix-toy 1.0."""
        self.add("kinetix-toy", "toy", TOY)


@contextmanager
def installed(path: Path) -> Iterator[PackageFolder]:
    """A new folder of packages that can be imported; gone, with its plugins, afterwards."""
    folder, before = PackageFolder(path), set(sys.modules)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(folder.path))
        registry.cache_clear()
        yield folder
    for name in set(sys.modules) - before:
        if name.partition(".")[0] in folder.modules:
            del sys.modules[name]
    registry.cache_clear()


def component(kind: str, name: str, config: str, factory: str) -> str:
    """The source of a plugin module that offers one component."""
    return f"""
from kinetix_core.registry import Component, hookimpl

@hookimpl
def kinetix_components():
    yield Component({kind!r}, {name!r}, {config!r}, {factory!r}, "one of its kind")
"""

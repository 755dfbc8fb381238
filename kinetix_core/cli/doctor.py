"""`kinetix doctor`: what this machine has, and what is wrong."""

from __future__ import annotations

import argparse
import os
import platform
import sys
from collections.abc import Iterator
from importlib import metadata

from kinetix_core.errors import KinetixError

from ._tables import counted

HELP = "show versions, devices, caches and the state of every plugin; status 1 if one is faulty"
USES_JAX = True

_PACKAGES = (
    *("jax", "jaxlib", "numpy", "flax", "optax", "equinox", "chex", "jaxtyping"),
    *("hydra-core", "omegaconf", "pluggy", "safetensors", "rich"),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """There are none."""


def run(args: argparse.Namespace) -> int:
    """Print versions, caches and components, each with what is wrong. Status 1: something is."""
    problems: list[str] = []
    for title, lines in (
        ("versions", _versions()),
        ("machine", _machine(problems)),
        ("caches", _caches()),
        ("plugins", _plugins(problems)),
        ("components", _components(problems)),
    ):
        print(title)
        for line in lines:
            print(f"  {line}")
    found = counted(len(problems), "problem") if problems else "no problems"
    print(f"\n{found} found")
    for problem in problems:
        print(f"  {problem}")
    return 1 if problems else 0


def _versions() -> Iterator[str]:
    from kinetix_core import __version__

    yield f"kinetix {__version__}, Python {platform.python_version()} ({sys.executable})"
    for name in _PACKAGES:
        try:
            yield f"{name} {metadata.version(name)}"
        except metadata.PackageNotFoundError:
            yield f"{name} is not installed"


def _machine(problems: list[str]) -> Iterator[str]:
    yield f"{platform.platform()}, {platform.machine()}"
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    yield f"{usable} usable of {os.cpu_count()} processors"
    try:
        import jax

        yield f"JAX backend {jax.default_backend()}"
        for device in jax.devices():
            yield f"device {device.id}: {device.device_kind}"
    except Exception as error:  # whatever a backend does wrong is what is asked for here
        problems.append(f"JAX does not start: {' '.join(str(error).split())}")
        yield problems[-1]


def _caches() -> Iterator[str]:
    from ._jax import VARIABLE, compilation_cache_folder

    if own := os.environ.get("JAX_COMPILATION_CACHE_DIR"):
        yield f"compiled programs: {own}"
    elif compilation_cache_folder() is None:
        yield f"compiled programs are not kept ({VARIABLE}=off)"
    else:
        yield f"compiled programs are not kept: {compilation_cache_folder()} cannot be written"


def _plugins(problems: list[str]) -> Iterator[str]:
    from kinetix_core.registry import registry

    for plugin in registry().plugins:
        if plugin.problem is None:
            yield f"{plugin}: {counted(len(plugin.components), 'component')}"
        else:
            problems.append(f"{plugin} is broken: {plugin.problem}")
            yield problems[-1]
    for text in registry().disabled.values():
        problems.append(text)
        yield text


def _components(problems: list[str]) -> Iterator[str]:
    """Each component's settings and factory imported, and its own check run."""
    from kinetix_core.compose import component_node
    from kinetix_core.registry import KINDS, registry

    for component in (c for kind in KINDS for c in registry().components(kind)):
        try:
            component_node(component)
            registry().factory(component)
            lines = registry().check(component)
        except KinetixError as error:
            problems.append(f"{component}: {' '.join(str(error).split())}")
            yield problems[-1]
            continue
        yield f"{component}: good"
        yield from (f"  {line}" for line in lines)

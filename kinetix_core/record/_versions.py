"""What results depend on besides settings. No JAX."""

from __future__ import annotations

import platform
from importlib import metadata

_PACKAGES = ("jax", "jaxlib", "numpy", "flax", "optax", "equinox", "hydra-core", "omegaconf")


def package_versions() -> dict[str, str]:
    """Python, processor and the packages that results depend on, plugins included."""
    plugins = metadata.entry_points(group="kinetix.plugins")
    names = [*_PACKAGES, *sorted({p.dist.name for p in plugins if p.dist is not None})]
    found = {"python": platform.python_version(), "machine": platform.machine()}
    for name in names:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def changed_versions(before: dict[str, str], now: dict[str, str]) -> list[str]:
    """What was another version then, as `jax 0.10 -> 0.11`."""
    return [f"{k} {v} -> {now.get(k, 'gone')}" for k, v in before.items() if v != now.get(k)]

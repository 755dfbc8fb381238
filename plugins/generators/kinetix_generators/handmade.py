"""Our own levels, made with the builder: `python -m kinetix_generators.handmade` writes `levels/`.

Floor at y = 0.4, walls at x = 0 and 5, ceiling at y = 5. Each function of `handmade_s`,
`handmade_m` and `handmade_l` is one level; green has to touch blue, and must not touch red.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from kinetix_core.scene import Scene, write_level

from . import handmade_l, handmade_m, handmade_s

HANDMADE: dict[str, Callable[[], Scene]] = {
    f"{size}/{make.__name__}": make
    for size, made in (("s", handmade_s), ("m", handmade_m), ("l", handmade_l))
    for make in made.LEVELS
}
"""Every level by its name in the set `handmade`."""


def write_all(folder: Path) -> list[Path]:
    """Writes every level below `folder` and returns the files."""
    files = []
    for name, make in HANDMADE.items():
        path = folder / f"{name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        write_level(path, make())
        files.append(path)
    return files


if __name__ == "__main__":
    write_all(Path(__file__).parent / "levels")

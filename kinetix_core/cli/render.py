"""`kinetix render`: pictures of levels, and films and pages in which they are played."""

from __future__ import annotations

import argparse
import math
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from kinetix_core.errors import RunError

from ._render_request import Request, request_of

if TYPE_CHECKING:
    from kinetix_core.render import Recording, Replay
    from kinetix_core.scene import LevelSet

HELP = "pictures of levels, or films and a page of attempts: kinetix render LEVEL --out X.png"
OPTIONS_ANYWHERE = True
USES_JAX = True
_SHEET, _STRIP, _FILM = 240, 240, 200
"""Usual widths of one picture, in pixels."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What is shown, who plays, and how it looks. Options that do nothing are refused later."""
    parser.usage = "kinetix render LEVEL... [--out FILE] [options] [setting=value ...]"
    parser.add_argument(
        "levels",
        nargs="*",
        metavar="LEVEL",
        help="files, folders, patterns, sets or names such as handmade/s/roll_right; or"
        " replay.html of an evaluation, all of it or one level as replay.html#NAME",
    )
    parser.add_argument(
        "--out",
        metavar="FILE",
        help="usually render.png, or render.svg where Pillow is not installed. .svg, .png: the"
        " levels as they are; .gif, .mp4: attempts at them; .html: attempts as a page that plays,"
        " steps and scrubs",
    )
    source = parser.add_argument_group("levels from a generator")
    source.add_argument("--generator", metavar="NAME", help="in place of LEVEL; settings follow it")
    source.add_argument("--size", help="s, m or l (generators: s; levels: as large as they need)")
    source.add_argument("--count", type=int, help="how many levels (16)")
    source.add_argument("--seed", type=int, help="of the generator and of random actions (0)")
    play = parser.add_argument_group("attempts")
    play.add_argument(
        "--policy", metavar="WHO", help="random (usual), noop, or run=DIR: that of a training run"
    )
    play.add_argument("--steps", type=int, help="at most this many (as the environment says)")
    play.add_argument("--attempts", type=int, help="at each level (1)")
    play.add_argument(
        "--frames", type=int, help=".svg, .png: a strip of this many moments of each attempt"
    )
    look = parser.add_argument_group("look")
    look.add_argument("--columns", type=int, help="pictures in a row")
    look.add_argument("--width", type=int, help="of the whole picture, in pixels")
    look.add_argument("--fps", type=int, help=".gif, .mp4: frames per second (15, 30)")
    look.add_argument("--theme", help="light (usual) or dark; a page follows the reader's system")


def more_help() -> str:
    """Which settings there are."""
    return (
        "settings, as for `kinetix train`, whose --help lists them: generator.NAME=VALUE with"
        "\n--generator; env.NAME=VALUE, engine=NAME and action=NAME where random or noop plays"
    )


def run(args: argparse.Namespace) -> int:
    """Print the path of what was written. Mistakes raise a `KinetixError`."""
    from kinetix_core.render import require_packages

    request = request_of(args)
    _check_names(request)
    replays = _recorded(request.pages)
    require_packages(request.out.suffix)
    _check_out(request.out)
    if request.plays:
        replays += _played(request)
    if request.out.suffix == ".html":
        print(_page(request, replays))
    elif request.films:
        print(_film(request, replays))
    else:
        print(_still(request, replays))
    return 0


def _check_out(path: Path) -> None:
    """Say before anything is played that the file cannot be written."""
    try:
        if path.is_dir():
            raise RunError(f"{path}: a folder; the name of a file is expected")
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path.parent):
            pass
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise RunError(f"{path}: cannot be written: {reason}; choose another --out") from error


def _check_names(request: Request) -> None:
    """Say before JAX is loaded that levels or a run are not there."""
    if request.levels:
        from kinetix_core.scene import find_sources

        find_sources(request.levels)
    if request.run:
        from kinetix_core.paths import user_path
        from kinetix_core.record import check_run

        check_run(user_path(request.policy, "policy"))


def _recorded(pages: Sequence[tuple[Path, str]]) -> list[Recording | Replay]:
    from kinetix_core.render import read_replays

    return [replay for path, name in pages for replay in read_replays(path, name)]


def _levels(request: Request) -> LevelSet:
    from ._render_levels import find

    return find(request)


def _played(request: Request) -> list[Recording | Replay]:
    from ._render_levels import play

    return list(play(request))


def _page(request: Request, replays: Sequence[Recording | Replay]) -> Path:
    from kinetix_core.render import write_replay_page

    return write_replay_page(request.out, _title(replays), replays, subtitle=request.subtitle)


def _title(replays: Sequence[Recording | Replay]) -> str:
    names = list(dict.fromkeys(replay.name for replay in replays))
    return names[0] if len(names) == 1 else f"{len(names)} levels"


def _film(request: Request, replays: Sequence[Recording | Replay]) -> Path:
    from kinetix_core.render import write_film

    seconds = max(replay.steps * replay.seconds for replay in replays)
    print(f"drawing {len(replays)} attempts, {seconds:.1f} s ...", file=sys.stderr)
    columns = request.columns or usual_columns(len(replays))
    return write_film(
        request.out,
        replays,
        columns=columns,
        width=request.width or (480 if len(replays) == 1 else _width(columns, _FILM)),
        fps=request.fps,
        theme=request.theme,
    )


def _still(request: Request, replays: Sequence[Recording | Replay]) -> Path:
    from kinetix_core.render import contact_sheet_svg, filmstrips_svg, scene_svg, write_picture

    theme = request.theme
    if replays:
        width = request.width or _width(request.frames, _STRIP)
        svg = filmstrips_svg(replays, frames=request.frames, width=width, theme=theme)
        return write_picture(request.out, svg, theme=theme)
    import jax

    levels, names, _ = _levels(request)
    pairs = [(name, jax.tree.map(lambda x, i=i: x[i], levels)) for i, name in enumerate(names)]
    if len(pairs) == 1 and not request.columns:
        svg = scene_svg(pairs[0][1], width=request.width or 800, theme=theme, title=names[0])
    else:
        columns = request.columns or usual_columns(len(pairs))
        width = request.width or _width(min(columns, len(pairs)), _SHEET)
        svg = contact_sheet_svg(pairs, columns=columns, width=width, theme=theme)
    return write_picture(request.out, svg, theme=theme)


def usual_columns(count: int) -> int:
    """About as many rows as columns; up to four pictures stand in one row."""
    return count if count <= 4 else min(math.ceil(math.sqrt(count)), 10)


def _width(columns: int, one: int) -> int:
    return columns * (one + 12) - 12

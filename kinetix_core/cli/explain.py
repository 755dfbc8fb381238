"""`kinetix explain`: why an agent fails at a level, and whether it or the level is at fault."""

from __future__ import annotations

import argparse
import re
from dataclasses import fields
from pathlib import Path

from kinetix_core.errors import SettingError

from ._explain_settings import Settings, parse
from ._settings import guess_run, page_file

HELP = "why an agent fails at a level: kinetix explain LEVEL run=DIR"
TAKES_SETTINGS = True
USES_JAX = True
_STEPS = 300_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The level, how long to train on it, and where the page goes."""
    parser.usage = "kinetix explain LEVEL run=DIR [options] [setting=value ...]"
    parser.add_argument("level", metavar="LEVEL", help="a file, or a name as handmade/s/roll_right")
    parser.add_argument(
        "--specialist",
        type=int,
        default=_STEPS,
        metavar="STEPS",
        help="environment steps of a training on this level alone, once from the agent and once"
        f" from scratch ({_STEPS:,}; 0: none)",
    )
    parser.add_argument(
        "--out", metavar="FILE", help="the page (usually explain-LEVEL.html in the run folder)"
    )


def setting_names() -> list[str]:
    """Those of `Settings`."""
    return [field.name for field in fields(Settings)]


def guess(argument: str) -> str | None:
    """A run folder; what has slashes is meant to be one, since the level is named already."""
    return guess_run(argument) or (f"run={argument}" if "/" in argument else None)


def more_help() -> str:
    """Every setting with default, type and meaning."""
    from kinetix_core.compose import settings_of

    from ._tables import settings_rows

    rows = settings_rows(settings_of(Settings, ""))
    return (
        f"settings, with default, type and meaning:\n{rows}\n\nsettings of the learner, as"
        " ppo.learning_rate=1e-4, take the place of those of\nthe run in the training on the level"
    )


def run(args: argparse.Namespace) -> int:
    """Print the summary and the path of the page. Mistakes raise a `KinetixError`."""
    from kinetix_core.paths import check_writable, user_path
    from kinetix_core.record import check_parameters
    from kinetix_core.scene import find_sources

    settings, training = parse(args.settings)
    if args.specialist < 0:
        raise SettingError(f"--specialist {args.specialist}: 0 or more steps are expected")
    if training and not args.specialist:
        raise SettingError(f"{training[0]}: means nothing with --specialist 0")
    find_sources(args.level)  # before JAX: a mistake is seen at once
    folder = user_path(settings.run, "run")
    check_parameters(folder)
    out = _out(args.out, folder, args.level)
    check_writable(out)
    from kinetix_core.explain import explain, summary_lines
    from kinetix_core.report import write_explanation

    found = explain(
        folder,
        args.level,
        attempts=settings.attempts,
        steps=args.specialist,
        size=settings.size,
        agent=settings.agent,
        seed=settings.seed,
        settings=training,
    )
    print("\n".join(summary_lines(found)))
    print(write_explanation(out, found))
    return 0


def _out(text: str | None, folder: Path, level: str) -> Path:
    if text is None:
        name = re.sub(r"[^A-Za-z0-9_-]+", "-", level.removesuffix(".json")).strip("-")
        return folder / f"explain-{name}.html"
    return page_file(text)

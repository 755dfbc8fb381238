"""Settings among the arguments of a command, and what those meant that are neither."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Any

from kinetix_core.errors import KinetixError, SettingError, nearest

_SETTING = re.compile(r"(--)?[+~]*[A-Za-z_][\w./@]*=.*", re.DOTALL)


def parse_with_settings(
    parser: argparse.ArgumentParser, command: ModuleType, argv: Sequence[str]
) -> argparse.Namespace:
    """Options by argparse, everything else that looks like `a.b=v` or `--a.b=v` as settings.

    Raises `SettingError` for any other argument, with what it may have meant.
    """
    plain = {i for i, a in enumerate(argv) if not a.startswith("-") and _SETTING.fullmatch(a)}
    args, rest = parser.parse_known_args([a for i, a in enumerate(argv) if i not in plain])
    for argument in rest:
        if not _SETTING.fullmatch(argument):
            raise SettingError(
                f"{argument}: neither an option nor a setting as name=value"
                f"{_hint(command, argv, argument)} (`{parser.prog} --help` lists both)"
            )
    left = set(rest)
    settings: Any = [a for i, a in enumerate(argv) if i in plain or a in left]
    args.settings = settings
    return args


def _hint(command: ModuleType, argv: Sequence[str], argument: str) -> str:
    """What was meant by an argument that is neither an option nor a setting."""
    at, name = argv.index(argument), argument.lstrip("-")
    before, after = argv[:at], [a.removeprefix("=") for a in argv[at + 1 :] if a != "="]
    if before and before[-1].endswith("="):
        return f"; write {before[-1]}{argument}, without a space"
    known = getattr(command, "setting_names", list)()
    if name in known:
        return f"; write {name}={after[0] if after else 'VALUE'}, without spaces"
    if meant := getattr(command, "guess", lambda argument: None)(argument):
        return f"; did you mean {meant}?"
    if close := nearest(name, known, count=1):
        return f"; did you mean {close[0]}={after[0] if after else 'VALUE'}?"
    return ""


def guess_run(argument: str) -> str | None:
    """`run=FOLDER` where a bare word is the folder of a run, or one of runs; None: it is not."""
    from kinetix_core.paths import user_path
    from kinetix_core.record import run_folders

    with suppress(OSError, KinetixError):
        if (place := user_path(argument)).is_dir() and run_folders(place):
            return f"run={argument}"
    return None


def guess_setting(argument: str) -> str | None:
    """The setting of a run that a bare word is most likely the value of; None: it is nothing.

    A preset, a component, or levels, in this order.
    """
    from kinetix_core.compose import PRESETS, presets
    from kinetix_core.registry import COMPOSED_KINDS, registry
    from kinetix_core.scene import find_sources

    if argument in presets():
        return f"{PRESETS}={argument}"
    for kind in COMPOSED_KINDS:
        if argument in registry().names(kind):
            return f"{kind}={argument}"
    try:
        find_sources(argument)
    except KinetixError:
        return None
    return f"levels={argument}"


def page_file(text: str) -> Path:
    """The page that --out names. Raises `SettingError` for a file of another kind."""
    from kinetix_core.paths import user_path

    out = user_path(text, "out")
    if out.suffix != ".html":
        raise SettingError(f"--out {text}: a file that ends with .html is expected")
    return out

"""What the jobs of `kinetix bench` share: reports, progress, lists of numbers."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from kinetix_core.errors import SettingError

if TYPE_CHECKING:
    from kinetix_core.bench.report import Report


def report(what: str, args: argparse.Namespace) -> Report:
    """An empty report, named after `what` and the settings. Its command leaves out folders."""
    from kinetix_core.bench.report import Report

    kept = (
        *("engine", "against", "encoders", "generator", "kernels", "sizes", "observations"),
        *("batches", "threads", "count", "repeats", "quick", "compiler"),
        *("minutes", "evaluations", "attempts"),
    )
    given = [*getattr(args, "settings", []), *getattr(args, "presets", [])]
    settings = [_without_folder(setting) for setting in given]
    words = [f"kinetix bench {args.job}", *settings]
    for name in kept:
        value = getattr(args, name, None)
        if value not in (None, False) and (name, value) != ("engine", "jax2d"):
            words.append(f"--{name}" if value is True else f"--{name} {value}")
    return Report(" ".join([what, *settings]), " ".join(words))


def _without_folder(setting: str) -> str:
    name, _, value = setting.partition("=")
    return f"{name}={value.rstrip('/').rpartition('/')[2]}" if "/" in value else setting


def out_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", metavar="FOLDER", help="store the result there as JSON and text")


def finish(report: Report, args: argparse.Namespace) -> None:
    from kinetix_core.bench.report import render, store

    print(render(report))
    if args.out:
        print(f"stored as {store(report, args.out)}", file=sys.stderr)


def progress(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def checked_repeats(args: argparse.Namespace) -> int:
    """How often to measure. Raises `SettingError`."""
    if args.repeats < 1:
        raise SettingError(f"repeats={args.repeats}: at least 1 is expected")
    return args.repeats


def fresh_programs() -> None:
    """Switch JAX's compilation cache off: a program out of a cache proves nothing."""
    import jax

    jax.config.update("jax_enable_compilation_cache", False)


def integers(name: str, text: str | None, default: list[int]) -> list[int]:
    """`1,16,256` as numbers from 1 on. Raises `SettingError`."""
    if text is None:
        return default
    try:
        numbers = [int(part) for part in text.split(",") if part.strip()]
    except ValueError:
        numbers = []
    if not numbers or min(numbers) < 1:
        raise SettingError(f"{name}={text}: whole numbers from 1 on are expected, such as 1,16")
    return numbers

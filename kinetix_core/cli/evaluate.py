"""`kinetix evaluate`: how often a trained policy solves each of a set of levels."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, fields
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kinetix_core.errors import SettingError, did_you_mean
from kinetix_core.paths import user_path

from ._settings import guess_setting
from ._tables import counted

if TYPE_CHECKING:
    from kinetix_core.evaluate import Evaluation, Table
    from kinetix_core.record import Run
    from kinetix_core.scene import LevelSet

HELP = "solve rates of a trained policy, and a page to watch it: kinetix evaluate run=DIR"
TAKES_SETTINGS = True
USES_JAX = True


@dataclass(frozen=True)
class Settings:
    """What `kinetix evaluate` is told."""

    run: str
    """The folder of a training run."""
    levels: tuple[str, ...] = ()
    """Folder, files, pattern or set, several with commas; none: those it was trained on."""
    attempts: int = 20
    """Episodes for each level; 1 where greedy."""
    greedy: bool = False
    """The most likely action at each step, in place of one drawn from the policy."""
    seed: int = 0
    """Decides the random actions."""
    record: int = 1
    """How many of the last attempts at each level can be watched."""
    out: str = ""
    """Folder for evaluation.json, evaluation.csv and replay.html; empty: the run folder."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Everything is a setting."""


def more_help() -> str:
    """Every setting with default, type and meaning."""
    from kinetix_core.compose import settings_of

    from ._tables import settings_rows

    return f"settings, with default, type and meaning:\n{settings_rows(settings_of(Settings, ''))}"


def setting_names() -> list[str]:
    """Those of `Settings`."""
    return [field.name for field in fields(Settings)]


def guess(argument: str) -> str | None:
    """A run folder, or else levels."""
    from kinetix_core.record import run_folders

    with suppress(OSError):
        if (place := user_path(argument)).is_dir() and run_folders(place):
            return f"run={argument}"
    meant = guess_setting(argument)
    return meant if meant and meant.startswith("levels=") else None


def run(args: argparse.Namespace) -> int:
    """Print the table of solve rates and the path of the page. Mistakes raise a `KinetixError`."""
    settings = parse(args.settings)
    if settings.levels:
        from kinetix_core.scene import find_levels

        find_levels(settings.levels)  # before JAX: a mistake is seen at once
    from kinetix_core.record import check_run

    check_run(user_path(settings.run, "run"))
    from kinetix_core.record import load_run

    loaded = load_run(settings.run)
    levels = _load_levels(settings, loaded)
    _check_out(_out(settings, loaded))
    _note(settings, loaded, levels)
    evaluations = _evaluate(settings, loaded, levels)
    _report(evaluations)
    print(_write(settings, loaded, levels, evaluations))
    return 0


def parse(texts: Sequence[str]) -> Settings:
    """Settings from `name=value` texts. Raises `SettingError` for each mistake."""
    known = {field.name: field for field in fields(Settings)}
    values: dict[str, Any] = {}
    for text in texts:
        name, _, value = text.lstrip("-").partition("=")
        if name not in known:
            raise SettingError(f"{text}: unknown setting{did_you_mean(name, known)}")
        if name in values:
            raise SettingError(f"{text}: {name} is given twice")
        values[name] = _READ.get(name, _text)(name, value)
    if "run" not in values:
        raise SettingError("run=: the folder of a training run is expected, as run=runs/NAME")
    if values.get("greedy"):
        if values.get("attempts", 1) > 1:
            raise SettingError(
                f"attempts={values['attempts']}: greedy attempts at a level are all the same; "
                "leave attempts out, or greedy=true"
            )
        values["attempts"] = 1
    return Settings(**values)


def _text(name: str, value: str) -> str:
    if not value:
        raise SettingError(f"{name}=: a value is expected")
    return value


def _names(name: str, value: str) -> tuple[str, ...]:
    inside = value[1:-1] if _is_list(value) else value
    names = tuple(part.strip() for part in inside.split(",") if part.strip())
    if not names:
        raise SettingError(f"{name}=: a folder, files or a set's name is expected")
    return names


def _is_list(value: str) -> bool:
    """Whether one pair of brackets is around everything; it is not in a pattern as `[ab]_[0-9]`."""
    depths = list(accumulate((c == "[") - (c == "]") for c in value))
    return value.startswith("[") and depths[-1] == 0 and all(depths[:-1])


def _whole(least: int, most: int = 2**31 - 1) -> Any:
    def read(name: str, value: str) -> int:
        try:
            number = int(value)
        except ValueError:
            number = least - 1
        if number < least:
            raise SettingError(f"{name}={value}: a whole number of at least {least} is expected")
        if number > most:
            raise SettingError(f"{name}={value}: a whole number of at most {most} is expected")
        return number

    return read


def _truth(name: str, value: str) -> bool:
    if value.lower() not in ("true", "false"):
        raise SettingError(f"{name}={value}: true or false is expected")
    return value.lower() == "true"


_READ = {
    "levels": _names,
    "attempts": _whole(1),
    "greedy": _truth,
    "seed": _whole(0),
    "record": _whole(0),
}


def _load_levels(settings: Settings, loaded: Run) -> LevelSet:
    """Those asked for, or else those of the training, as its generator found them."""
    if settings.levels:
        from kinetix_core.scene import load_levels

        _check_sizes(settings, loaded)
        return load_levels(settings.levels, loaded.task.size)
    known = loaded.known_levels()
    if known is None:
        raise SettingError(
            f"levels=: {settings.run} was trained on levels without end; "
            "a folder, files or a set's name is expected"
        )
    return known


def _check_sizes(settings: Settings, loaded: Run) -> None:
    """Raises `LevelError` for a level, not of a whole set, that this policy cannot be given."""
    from kinetix_core.errors import LevelError
    from kinetix_core.scene import find_levels, smallest, summarise_level

    size = loaded.task.size
    for entry in find_levels(settings.levels):
        if entry.only_if_fits or size.holds(own := summarise_level(entry).size):
            continue
        raise LevelError(
            f"{entry.path}: a level of size {own.name} does not fit size {size.name}, in which "
            f"{settings.run} was trained; evaluate on smaller levels, or train with "
            f"size={smallest(own).written}"
        )


def _out(settings: Settings, loaded: Run) -> Path:
    return user_path(settings.out, "out") if settings.out else loaded.path


def _check_out(folder: Path) -> None:
    """Say before anything is played that the results cannot be written."""
    from kinetix_core.errors import RunError

    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise RunError(
            f"{folder}: cannot be written: {reason}; choose another folder with out="
        ) from error


def _evaluate(settings: Settings, loaded: Run, levels: LevelSet) -> tuple[Evaluation, ...]:
    import jax

    from kinetix_core.evaluate import evaluate_seeds

    return evaluate_seeds(
        loaded.task,
        loaded.params,
        loaded.composed.num_seeds,
        levels.levels,
        levels.names,
        settings.attempts,
        jax.random.key(settings.seed),
        greedy=settings.greedy,
        record=settings.record,
    )


def _write(
    settings: Settings, loaded: Run, levels: LevelSet, evaluations: Sequence[Evaluation]
) -> Path:
    from kinetix_core.evaluate import write_evaluation

    about = {
        "run": loaded.path.name,
        "update": loaded.update,
        "levels": ", ".join(settings.levels) or "those of the training",
        "attempts": settings.attempts,
        "actions": "greedy" if settings.greedy else "sampled",
        "seed": settings.seed,
    }
    if len(evaluations) > 1:
        about["policies"] = len(evaluations)
    out = _out(settings, loaded)
    title = f"{loaded.path.name} on {counted(len(levels.names), 'level')}"
    return write_evaluation(out, evaluations, title=title, about=about)


def _note(settings: Settings, loaded: Run, levels: LevelSet) -> None:
    """Says on standard error what is going on, since compiling takes a while."""
    counts = (
        counted(loaded.composed.num_seeds, "policy", "policies"),
        counted(len(levels.names), "level"),
        counted(settings.attempts, "attempt"),
    )
    print(f"playing {' x '.join(counts)} ...", file=sys.stderr)


def _report(evaluations: Sequence[Evaluation]) -> None:
    from kinetix_core.evaluate import evaluation_table, group_table, pooled, summary_lines

    together = pooled(evaluations)
    _print_table(evaluation_table(together))
    groups = group_table(together)
    if len(groups[1]) > 1:
        print()
        _print_table(groups)
    print()
    for line in summary_lines(evaluations):
        print(line)


def _print_table(table: Table) -> None:
    """With rules and bold titles in a terminal, as plain text elsewhere."""
    if not sys.stdout.isatty():
        from kinetix_core.evaluate import text_table

        print(text_table(table))
        return
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table as RichTable

    titles, rows = table
    rich = RichTable(box=SIMPLE_HEAD, pad_edge=False)
    for i, title in enumerate(titles):
        rich.add_column(title, justify="right" if i else "left", overflow="fold")
    for row in rows:
        rich.add_row(*row)
    Console(highlight=False, markup=False).print(rich)

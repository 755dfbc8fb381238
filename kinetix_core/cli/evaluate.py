"""`kinetix evaluate`: how often a trained policy solves each of a set of levels."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kinetix_core.errors import SettingError
from kinetix_core.paths import user_path

from ._evaluate_settings import Settings, parse
from ._progress import shown_progress
from ._settings import guess_run, guess_setting
from ._tables import counted

if TYPE_CHECKING:
    from kinetix_core.evaluate import NamedSet, SetResult, Table
    from kinetix_core.interfaces import Task
    from kinetix_core.record import Run
    from kinetix_core.scene import SceneSize

HELP = "solve rates of a trained policy, and a page to watch it: kinetix evaluate run=DIR"
TAKES_SETTINGS = True
USES_JAX = True
_LONG = 60
"""Levels of a set above which they are not listed one by one."""


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
    if meant := guess_run(argument):
        return meant
    meant = guess_setting(argument)
    return meant if meant and meant.startswith("levels=") else None


def run(args: argparse.Namespace) -> int:
    """Print the table of solve rates and the path of the page. Mistakes raise a `KinetixError`."""
    settings = parse(args.settings)
    if settings.levels:
        from kinetix_core.scene import find_sources

        find_sources(settings.levels)  # before JAX: a mistake is seen at once
    loaded = _loaded(settings)
    task = _task(settings, loaded)
    sets = _load_sets(settings, loaded, task)
    _check_out(_out(settings, loaded))
    with shown_progress(_note(settings, loaded, sets), "episodes played") as progress:
        results = _evaluate(settings, loaded, task, sets, progress)
    _report(results)
    print(_write(settings, loaded, results))
    return 0


def _loaded(settings: Settings) -> Run:
    if settings.checkpoint:
        from kinetix_core.record import load_run_at

        return load_run_at(settings.checkpoint)
    from kinetix_core.record import check_run

    check_run(user_path(settings.run, "run"))  # before JAX: a mistake is seen at once
    from kinetix_core.record import load_run

    return load_run(settings.run)


def _task(settings: Settings, loaded: Run) -> Task:
    """That of the training, or the same in another size."""
    if not settings.size or settings.size == loaded.composed.size.name:
        return loaded.task
    import jax

    from kinetix_core.evaluate import task_in_size
    from kinetix_core.scene import parse_size

    params = loaded.params
    if loaded.composed.num_seeds > 1:
        params = jax.tree.map(lambda x: x[0], params)
    return task_in_size(loaded.composed, parse_size(settings.size), params)


def _load_sets(settings: Settings, loaded: Run, task: Task) -> tuple[NamedSet, ...]:
    """Those asked for, or else the levels of the training, as its generator found them."""
    from kinetix_core.evaluate import load_sets, named_set

    names = settings.levels
    if not names and task.size != loaded.task.size:
        names = (f"run:{loaded.path}",)
    if names:
        _check_sizes(names, settings, loaded.path, task.size)
        return load_sets(names, task.size)
    known = loaded.known_levels()
    if known is None:
        raise SettingError(
            f"levels=: {loaded.path} was trained on levels without end; "
            "a folder, files or a set's name is expected, as levels="
            f"{loaded.task.size.part_of('random')}"
        )
    return (named_set("training", known),)


def _check_sizes(names: Sequence[str], settings: Settings, trained: Path, size: SceneSize) -> None:
    """Raises `LevelError` for a level, not of a whole set, that does not fit the size played in."""
    from kinetix_core.errors import LevelError
    from kinetix_core.scene import sized_levels

    for where, own, only_if_fits in sized_levels(names):
        if not only_if_fits and not size.holds(own):
            text = f"{where}: a level of size {own.name} does not fit size {size.name}"
            raise LevelError(f"{text}{_way_out(settings, trained, own)}")


def _way_out(settings: Settings, trained: Path, own: SceneSize) -> str:
    """What to do about a level of that size."""
    from kinetix_core.scene import SIZES, smallest

    fits = smallest(own)
    if settings.size:
        return f"; the smallest size that fits is {fits.written}"
    larger = f"; size={fits.name} plays it, if the network can" if fits.name in SIZES else ""
    return (
        f", in which {trained} was trained; evaluate on smaller levels, or train with "
        f"size={fits.written}{larger}"
    )


def _out(settings: Settings, loaded: Run) -> Path:
    if settings.out:
        return user_path(settings.out, "out")
    if settings.checkpoint:  # what is in the run folder is about its newest parameters
        return loaded.path / "evaluations" / f"update_{loaded.update:08d}"
    return loaded.path


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


def _evaluate(
    settings: Settings,
    loaded: Run,
    task: Task,
    sets: Sequence[NamedSet],
    progress: Callable[[int], None],
) -> tuple[SetResult, ...]:
    import jax

    from kinetix_core.evaluate import evaluate_sets, untrained_params

    fresh = untrained_params(task, jax.random.key(settings.seed)) if settings.baseline else None
    return evaluate_sets(
        task,
        loaded.params,
        sets,
        settings.attempts,
        jax.random.key(settings.seed),
        num_seeds=loaded.composed.num_seeds,
        baseline=fresh,
        greedy=settings.greedy,
        temperature=settings.temperature,
        record=settings.record,
        progress=progress,
    )


def _write(settings: Settings, loaded: Run, results: Sequence[SetResult]) -> Path:
    from kinetix_core.evaluate import write_results

    levels = sum(len(result.together.levels) for result in results)
    about: dict[str, Any] = {
        "run": loaded.path.name,
        "update": loaded.update,
        "levels": ", ".join(settings.levels) or "those of the training",
        "attempts": settings.attempts,
        "actions": "greedy" if settings.greedy else "sampled",
        "seed": settings.seed,
    }
    if settings.temperature != 1:
        about["temperature"] = settings.temperature
    if settings.size:
        about["size"] = settings.size
    if loaded.composed.num_seeds > 1:
        about["policies"] = loaded.composed.num_seeds
    title = f"{loaded.path.name} on {counted(levels, 'level')}"
    out = _out(settings, loaded)
    return write_results(out, results, title=title, about=about, watch=settings.watch)


def _note(settings: Settings, loaded: Run, sets: Sequence[NamedSet]) -> int:
    """Says on standard error what is going on, since compiling takes a while; the episodes."""
    policies = loaded.composed.num_seeds + bool(settings.baseline)
    levels = sum(len(one.levels.names) for one in sets)
    counts = (
        counted(policies, "policy", "policies"),
        counted(levels, "level"),
        counted(settings.attempts, "attempt"),
    )
    print(f"playing {' x '.join(counts)} ...", file=sys.stderr)
    return policies * levels * settings.attempts


def _report(results: Sequence[SetResult]) -> None:
    from kinetix_core.evaluate import evaluation_table, set_lines, set_table, summary_lines

    for result in results:
        if (count := len(result.together.levels)) > _LONG:
            print(f"{result.name}: {count:,} levels, one by one in evaluation.csv")
        else:
            _print_table(evaluation_table(result.together))
        print()
    table = set_table(results)
    if len(table[1]) > 1 or any(result.baseline for result in results):
        _print_table(table)
        print()
    for line in set_lines(results):
        print(line)
    for result in results:
        for line in summary_lines(result.evaluations):
            print(f"{result.name}: {line}" if len(results) > 1 else line)


def _print_table(table: Table) -> None:
    """With rules and bold titles in a terminal that is wide enough, as plain text elsewhere."""
    from kinetix_core.evaluate import text_table

    plain = text_table(table)
    # where it is too narrow, numbers would be cut in two
    wide = max(map(len, plain.splitlines())) <= shutil.get_terminal_size().columns
    if not (sys.stdout.isatty() and wide):
        print(plain)
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

"""Whether a folder can be gone on with as a study that may have changed since. No JAX."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kinetix_core.compose import leaves
from kinetix_core.errors import RunError
from kinetix_core.record import EVALUATION, changed_versions, package_versions

from ._definition import Study
from ._folder import DEFINITION, RUNS, read_definition
from ._graph import StudyJob
from ._parts import AGENTS

_SHOWN = ("summary", "figures")
"""What the runs do not depend on."""
_OURS = ("hash", "versions", "jobs", "dropped")
"""What `study.json` holds besides what was given."""
_MOST_DIFFERENCES = 3
_log = logging.getLogger(__name__)


def take_over(folder: Path, study: Study, jobs: Sequence[StudyJob]) -> None:
    """Write what the study is, in a new folder or one of the same study.

    It may have changed, as long as every run that is there has the settings and the start that it
    was begun with; where the agents play something else now, what they have played is forgotten.
    Raises `RunError` otherwise, naming what differs; other versions than then are said in the log.
    """
    tree = _tree(study, jobs)
    versions = package_versions()
    if (folder / DEFINITION).exists():
        before = read_definition(folder)
        if before.get("hash") != tree["hash"]:
            _change(folder, before, tree)
        if dropped := _dropped(before, tree):
            tree["dropped"] = dropped
        versions = before.get("versions", {})
        if changed := changed_versions(versions, package_versions()):
            said = "other versions than when this study was begun, so bits may differ: %s"
            _log.warning(said, ", ".join(changed))
    tree["versions"] = versions
    text = json.dumps(tree, indent=1, ensure_ascii=False) + "\n"
    temporary = folder / f".{DEFINITION}.tmp"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(folder / DEFINITION)
    except OSError as error:
        raise RunError(f"{folder}: cannot be written: {error.strerror}") from error


def _tree(study: Study, jobs: Sequence[StudyJob]) -> dict[str, Any]:
    parts = {**dataclasses.asdict(study), "jobs": [dataclasses.asdict(job) for job in jobs]}
    tree = json.loads(json.dumps(parts))  # tuples as lists, as they are read back
    plain = {key: value for key, value in tree.items() if key not in _SHOWN}
    digest = hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()
    return {**tree, "hash": digest[:16]}


def _dropped(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The runs that the study once had: they may be there still, and come back."""
    names = {job["run"] for job in now["jobs"]}
    return [job for job in _jobs_before(before) if job["run"] not in names]


def _jobs_before(before: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [*before.get("jobs", []), *before.get("dropped", [])]


def _change(folder: Path, before: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    """See that no run that is there would be another one; forget what would be played otherwise."""
    then, these = _origins(_jobs_before(before)), _origins(now["jobs"])
    there = [run for run in these if (folder / RUNS / run).exists()]
    if others := [run for run in there if these[run] != then.get(run)]:
        raise RunError(_other_study(folder, before, now, others))
    _log.info("the study has changed since it was begun; %d of its runs are kept", len(there))
    if _played(before) != _played(now):
        for file in (folder / RUNS).glob(f"*/{EVALUATION}"):
            file.unlink()


def _origins(jobs: Sequence[Mapping[str, Any]]) -> dict[str, tuple[Any, Any]]:
    """What each run is, with the agent that it is composed like."""
    agents = {(job["method"], job["seed"]): job for job in jobs if job["part"] == AGENTS}
    return {job["run"]: (job, agents.get((job["method"], job["seed"]))) for job in jobs}


def _played(tree: Mapping[str, Any]) -> tuple[Any, Any]:
    return tree.get("evaluate"), (tree.get("sequence") or {}).get("stages")


def _other_study(
    folder: Path, before: Mapping[str, Any], now: Mapping[str, Any], others: Sequence[str]
) -> str:
    skipped = (*_SHOWN, *_OURS)
    then, these = (
        dict(leaves({k: v for k, v in tree.items() if k not in skipped})) for tree in (before, now)
    )
    keys = [key for key in {**then, **these} if then.get(key) != these.get(key)]
    shown = [f"{k} was {_written(then.get(k))}, now {_written(these.get(k))}" for k in keys]
    more = len(shown) - _MOST_DIFFERENCES
    said = "; ".join(shown[:_MOST_DIFFERENCES]) or "its runs are composed otherwise"
    return (
        f"{folder}: begun as another study: {said}{f' and {more} more' if more > 0 else ''}, so"
        f" {others[0]}{f' and {len(others) - 1} more' if others[1:] else ''} would be another run;"
        " take the settings that it was begun with, another --directory, or remove the folder"
    )


def _written(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_written, value))}]"
    return "absent" if value is None else str(value)

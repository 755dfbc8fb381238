"""The report of a study: its question, what answers it, what is missing, and how it was made.

What depends on the clock is on a page of its own, so that the other files have the same bytes
however often the study was interrupted.
"""

from __future__ import annotations

import dataclasses
import json
import logging
import shlex
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kinetix_core.errors import KinetixError, PluginError
from kinetix_core.interfaces import Drawing, Missing
from kinetix_core.registry import registry
from kinetix_core.study import AGENTS

from ._compare import compare_methods
from ._data import Labelled, ReportData
from ._document import document
from ._figures import Drawn, draw_figures
from ._files import csv_text
from ._html import code, figure_section, notice, section, table
from ._methods import Method
from ._page import write_file, write_files
from ._provenance import cost, cost_rows, pair_rows
from ._read import read_run

if TYPE_CHECKING:
    from kinetix_core.study import JobState

_log = logging.getLogger(__name__)

_NOT_DEFINITION = ("jobs", "versions", "dropped")
"""Parts of `study.json` that do not say what the study is."""
_MOST_RUNS = 40
"""Runs whose table is shown at once."""


def study_data(folder: Path) -> ReportData:
    """The runs of a study that are done, by their part, and why the others are missing.

    Raises `RunError` for a folder that holds no study.
    """
    from kinetix_core.study import DONE, read_study

    study = read_study(folder)
    missing = list(study.missing)
    runs = []
    for one in study.jobs:
        if one.state == DONE:
            try:
                runs.append(_labelled(one))
            except KinetixError as error:
                missing.append(f"{one.job.run}: {error}")
    methods = []
    for name in study.definition["methods"]:
        agents = [r.record for r in runs if r.part == AGENTS and r.method == name]
        if agents:
            methods.append(Method(name, tuple(agents)))
    comparison = dataclasses.replace(compare_methods(methods), commands=())
    return ReportData(
        tuple(runs),
        tuple(methods),
        comparison,
        tuple(_inside(folder, text) for text in missing),
        title=study.definition["name"],
        summary=study.definition["summary"],
        study=study.definition,
    )


def _labelled(one: JobState) -> Labelled:
    job = one.job
    return Labelled(read_run(one.path), job.method, job.seed, job.part, job.levels, job.stage)


def write_study_report(
    folder: Path,
    out: Path | None = None,
    names: Sequence[str] | None = None,
    data: ReportData | None = None,
) -> Drawn:
    """Write the page, the figures beside it and the page of costs; nothing where no run is done.

    out: the page; None: report.html in the folder. names: of the figures; None: those that the
    study names, or else the usual ones; one that it names and nobody offers is missing. data: that
    of the folder, where it was read already.
    Raises `RunError` where something cannot be written.
    """
    data = data or study_data(folder)
    if not data.runs:
        return {}
    found = draw_figures(data, names) if names else _own_figures(data)
    drawn = {name: _without_paths(folder, figure) for name, figure in found.items()}
    path = out or folder / "report.html"
    write_files(path, data, drawn, _page(data, drawn))
    records = [run.record for run in data.runs]
    costs = path.with_name("cost.html")
    write_file(costs, document(f"Cost of {data.title}", "", {}, [cost(records)]))
    write_file(costs.with_suffix(".csv"), csv_text(cost_rows(records)))
    return drawn


def _own_figures(data: ReportData) -> Drawn:
    """Those that the study names, or else the usual ones."""
    names = (data.study or {}).get("figures")
    if not names:
        return draw_figures(data)
    gone: dict[str, Missing] = {}
    for name in names:
        try:
            registry().get("figure", name)
        except PluginError as error:
            way = "the study asks for this figure, and --figures chooses others"
            gone[name] = Missing(f"{error}; {way}", fault=True)
            _log.warning("%s", gone[name].why)
    drawn = draw_figures(data, [name for name in names if name not in gone])
    return {name: gone.get(name) or drawn[name] for name in names}


def _without_paths(folder: Path, found: Drawing | Missing) -> Drawing | Missing:
    """Errors name files; on the page they are named from the folder of the study."""
    if isinstance(found, Missing):
        return dataclasses.replace(found, why=_inside(folder, found.why))
    notices = tuple(_inside(folder, text) for text in found.notices)
    return dataclasses.replace(found, notices=notices, html=_inside(folder, found.html))


def _inside(folder: Path, text: str) -> str:
    for place in (folder.resolve(), folder):
        text = text.replace(f"{place}/", "")
    return text


def _page(data: ReportData, drawn: Drawn) -> str:
    study = data.study or {}
    parts = [_question(data, study)]
    parts += [figure_section(name, figure) for name, figure in drawn.items()]
    parts.append(_provenance(data, study))
    done = f"{len(data.runs)} <small>of {len(study['jobs'])}</small>"
    first = {"methods": f"{len(study['methods'])}", "seeds": f"{len(study['seeds'])}", "runs": done}
    return document(data.title, escape(data.summary), first, parts)


def _question(data: ReportData, study: Mapping[str, Any]) -> str:
    """What is compared, and what is missing."""
    every, done = study["jobs"], {run.record.name for run in data.runs}
    rows = []
    for name, settings in study["methods"].items():
        mine = [job for job in every if job["method"] == name]
        finished = sum(job["run"] in done for job in mine)
        rows.append(
            [
                f"<strong>{escape(name)}</strong>",
                f"<code>{escape(' '.join(settings)) or '-'}</code>",
                f"{finished} of {len(mine)}",
            ]
        )
    shared = " ".join([*study["settings"], *study.get("overrides", ())])
    parts = [notice(f"Missing: {line}") for line in data.missing]
    parts.append(table(("method", "its settings", "runs done"), rows))
    note = f"Settings of every run: {escape(shared)}." if shared else ""
    return section("study", "What is compared", *parts, note=note)


def _provenance(data: ReportData, study: Mapping[str, Any]) -> str:
    """The command, hashes, versions, the whole definition, and every run."""
    definition = {key: value for key, value in study.items() if key not in _NOT_DEFINITION}
    command = ["kinetix", "study", study["name"], *study.get("overrides", ())]
    command += ["--seeds", ",".join(map(str, study["seeds"]))]
    hashes = {"study": study["hash"]}
    for run in data.runs:
        for row in (run.record.evaluation or {}).get("sets", []):
            if row["hash"]:
                hashes[f"levels {row['set']}"] = row["hash"]
    head = ("run", "part", "levels", "state", "parameters (SHA-256, first digits)")
    rows = [
        [
            escape(run.record.name),
            run.part,
            escape(run.levels or "-"),
            escape(run.record.state),
            f"<code>{run.record.parameters}</code>",
        ]
        for run in data.runs
    ]
    runs = table(head, rows)
    if len(rows) > _MOST_RUNS:
        runs = f"<details><summary>all {len(rows):,} runs</summary>{runs}</details>"
    parts = [
        '<p class="muted">This runs it again:</p>',
        code(shlex.join(command)),
        '<div class="facts-table">',
        table(["version", ""], pair_rows(study.get("versions", {}))),
        table(["SHA-256, first digits", ""], pair_rows(hashes)),
        "</div>",
        runs,
        "<details><summary>the whole definition</summary>",
        f"<pre>{escape(json.dumps(definition, indent=1, ensure_ascii=False))}</pre></details>",
    ]
    return section("provenance", "Provenance", *parts)

"""Results as tables: printed, and stored as JSON and Markdown.

A stored result says on what machine and with which versions it was made; it holds no path, no
host name and no user name.
"""

from __future__ import annotations

import dataclasses
import json
import os
import platform
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

from kinetix_core.errors import RunError

PACKAGES = ("open-kinetix", "jax", "jaxlib", "numpy", "jax2d", "ziglang")


@dataclass(frozen=True)
class Table:
    """Rows of texts and numbers under `columns`, with a line or two on how to read it."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    note: str = ""


@dataclass
class Report:
    """What one benchmark found. `data` holds every number, for programs."""

    what: str
    command: str
    tables: list[Table] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    data: dict[str, Any] = field(default_factory=dict)
    made: str = field(default_factory=lambda: time.strftime("%Y-%m-%d"))
    machine: dict[str, Any] = field(default_factory=lambda: machine())
    versions: dict[str, str] = field(default_factory=lambda: versions())
    load: list[float] = field(default_factory=lambda: load_average())


def processor() -> str:
    """The processor's model name."""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        found = re.search(r"^(?:model name|Model)\s*:\s*(.+)$", cpuinfo.read_text(), re.MULTILINE)
        if found:
            return " ".join(found[1].split())
    return platform.processor() or platform.machine() or "unknown processor"


def cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def machine() -> dict[str, Any]:
    """Processor model, architecture, core count and operating system."""
    return {
        "processor": processor(),
        "architecture": platform.machine(),
        "cores": cores(),
        "system": platform.system(),
    }


def versions() -> dict[str, str]:
    """Versions of Python and of the packages that decide about speed, where installed."""
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def load_average() -> list[float]:
    """Runnable processes over the last 1, 5 and 15 minutes; empty where not known."""
    if not hasattr(os, "getloadavg"):
        return []
    return [round(value, 2) for value in os.getloadavg()]


def slug(text: str) -> str:
    """Lower case letters, digits and dashes."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def file_name(report: Report) -> str:
    """`<what>-<date>-<machine>`, without a suffix; `what` says the settings that were given."""
    machine_name = slug(f"{report.machine['processor']} {report.machine['cores']} cores")
    return f"{slug(report.what)}-{report.made}-{machine_name}"


def cell(value: Any) -> str:
    """A number with three or four significant digits, or the text of anything else."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if not isinstance(value, float):
        return str(value)
    if value == 0:
        return "0"
    if not 1e-3 <= abs(value) < 1e15:
        return f"{value:.2g}"
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def render_table(table: Table) -> str:
    """An aligned Markdown table."""
    texts = [[str(c) for c in table.columns], *([cell(v) for v in row] for row in table.rows)]
    widths = [max(len(row[i]) for row in texts) for i in range(len(table.columns))]
    number = [
        all(isinstance(row[i], int | float) for row in table.rows)
        for i in range(len(table.columns))
    ]

    def line(row: Sequence[str]) -> str:
        cells = (
            t.rjust(w) if right else t.ljust(w)
            for t, w, right in zip(row, widths, number, strict=True)
        )
        return f"| {' | '.join(cells)} |"

    rule = (
        "-" * (w - 1) + ":" if right else "-" * w for w, right in zip(widths, number, strict=True)
    )
    lines = [f"## {table.title}", "", line(texts[0]), f"| {' | '.join(rule)} |"]
    lines += [line(row) for row in texts[1:]]
    return "\n".join(lines + (["", table.note] if table.note else []))


def render(report: Report) -> str:
    """The whole report as Markdown."""
    facts = report.machine
    about = [
        f"- {report.made}, `{report.command}`",
        f"- {facts['processor']}, {facts['architecture']}, {facts['cores']} cores, "
        f"{facts['system']}; load average "
        f"{', '.join(map(str, report.load)) or 'unknown'} at the start",
        f"- {', '.join(f'{name} {version}' for name, version in report.versions.items())}",
        *(f"- {note}" for note in report.notes),
    ]
    parts = [f"# {report.what}", "\n".join(about), *map(render_table, report.tables)]
    return "\n\n".join(parts) + "\n"


def store(report: Report, folder: str | Path) -> Path:
    """Write `<name>.json` and `<name>.md` into `folder`; returns the path of the Markdown file.

    A result of the same day and machine is replaced. Raises `RunError` where it cannot write.
    """
    base = Path(folder) / file_name(report)
    try:
        base.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps(_plain(dataclasses.asdict(report)), indent=1)
        base.with_name(f"{base.name}.json").write_text(text + "\n", encoding="utf-8")
        path = base.with_name(f"{base.name}.md")
        path.write_text(render(report), encoding="utf-8")
    except OSError as error:
        raise RunError(
            f"out={folder}: cannot write there ({error.strerror}); name another folder"
        ) from error
    return path


def _plain(value: Any) -> Any:
    """What JSON can hold; floats with six significant digits."""
    if isinstance(value, Mapping):
        return {str(key): _plain(v) for key, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    if isinstance(value, float):
        return float(f"{value:.6g}")
    return value

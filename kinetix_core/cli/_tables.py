"""Plain text tables."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Iterable, Sequence

from kinetix_core.compose import Setting, settings_of
from kinetix_core.errors import PluginError, printable
from kinetix_core.registry import KINDS, Component, registry


def table(head: Sequence[str], rows: Iterable[Sequence[str]], indent: str = "") -> str:
    """Columns as wide as their longest cell; the last one is wrapped to the terminal."""
    cells = [list(head), *([printable(str(c)) for c in row] for row in rows)]
    cells = cells if any(head) else cells[1:]
    if not cells:
        return f"{indent}none"
    widths = [max(len(row[i]) for row in cells) for i in range(len(cells[0]) - 1)]
    offset = len(indent) + sum(widths) + 2 * len(widths)
    room = max(shutil.get_terminal_size((100, 24)).columns - offset, 30)
    lines = []
    for row in cells:
        start = indent + "".join(f"{c:<{w}}  " for c, w in zip(row, widths, strict=False))
        wrapped = textwrap.wrap(row[-1], room, break_long_words=False) or [""]
        lines.append(start + wrapped[0])
        lines += [" " * offset + more for more in wrapped[1:]]
    return "\n".join(line.rstrip() for line in lines)


def counted(count: int, thing: str, things: str = "") -> str:
    """`1 level`, `2 levels`."""
    return f"{count:,} {thing if count == 1 else things or thing + 's'}"


def settings_rows(settings: Iterable[Setting]) -> str:
    """One line per setting: full name, default, type, meaning."""
    rows = [(s.key, s.default_text, s.type_text, s.doc) for s in settings]
    return table(("", "", "", ""), rows, indent="  ")


def settings_table(component: Component) -> str:
    """The settings of one component, or why they cannot be read."""
    kind = KINDS[component.kind]
    prefix = f"{kind.name}.{component.name}" if kind.several else kind.name
    try:
        config = registry().config_class(kind.name, component.name)
        settings = settings_of(config, prefix)
    except PluginError as error:
        return f"  not usable: {error}"
    return settings_rows(settings) if settings else "  no settings"

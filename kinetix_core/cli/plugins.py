"""`kinetix plugins`: what is installed, and what cannot be used and why."""

from __future__ import annotations

import argparse

from ._tables import settings_table, table

HELP = "list the components that are installed, and what is wrong with any plugin"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The kind to show, and whether with settings."""
    parser.add_argument("kind", nargs="?", help="only components of this kind")
    parser.add_argument(
        "--settings", action="store_true", help="also each setting with type, default and meaning"
    )


def run(args: argparse.Namespace) -> int:
    """Print components, and what is wrong with any of them or with a plugin."""
    from kinetix_core.registry import KINDS, registry

    found = registry()
    if args.kind:
        found.names(args.kind)  # raises for an unknown kind
    kinds = [args.kind] if args.kind else list(KINDS)
    components = [c for kind in kinds for c in found.components(kind)]
    rows = [
        (
            c.kind,
            c.name + ("*" if c.name in KINDS[c.kind].default else ""),
            found.distribution(c),
            c.summary,
        )
        for c in components
    ]
    print(table(("KIND", "NAME", "FROM", "SUMMARY"), rows))
    print("\n* chosen where nothing is said")
    if args.settings:
        for component in components:
            print(f"\n{component.kind}={component.name}")
            print(settings_table(component))
    problems = [
        text for (kind, _), text in found.disabled.items() if not args.kind or kind == args.kind
    ]
    problems += [f"{plugin} is broken: {plugin.problem}" for plugin in found.broken]
    if problems:
        print("\nNot usable:")
        print("\n".join(f"  {text}" for text in problems))
    return 0

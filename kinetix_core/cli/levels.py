"""`kinetix levels`: what levels there are, what is in them, and whether files are in order."""

from __future__ import annotations

import argparse
import functools

from kinetix_core.errors import LevelError, printable

from ._tables import counted, table

HELP = "list, show and check levels, or fetch the published ones"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """A subcommand for each thing to do with levels."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    action = actions.add_parser("list", help="levels of a set, folder or pattern, with counts")
    action.add_argument("levels", nargs="*", help="default: every set that is installed")
    action = actions.add_parser("show", help="every body, joint and thruster of one level")
    action.add_argument("level", help="a file, or a name such as handmade/s/roll_right")
    action = actions.add_parser("validate", help="one line per file; status 2 if any is broken")
    action.add_argument("levels", nargs="+", help="files, folders, patterns or sets")
    action = actions.add_parser("fetch", help="bring the 74 published levels: the set `published`")
    action.add_argument("--wheel", metavar="FILE", help="of kinetix-env, not to be downloaded")


def run(args: argparse.Namespace) -> int:
    """Status 2 where a level file is broken. Raises `LevelError` for names that mean nothing."""
    return {"list": _list, "show": _show, "validate": _validate, "fetch": _fetch}[args.action](args)


def _list(args: argparse.Namespace) -> int:
    """Counts straight from the files, without JAX. Broken files are named at the end."""
    from kinetix_core.scene import SIZES, find_levels, level_sets, made_sets, summarise_level

    rows, broken = [], []
    for entry in find_levels(args.levels or list(level_sets())):
        try:
            s = summarise_level(entry)
        except LevelError as error:
            broken.append(str(error))
            continue
        motors = f"{s.joints} ({s.motors} driven)" if s.motors else str(s.joints)
        roles = ", ".join(f"{count} {role}" for role, count in s.roles.items() if count)
        counts = (str(s.polygons), str(s.circles), motors, str(s.thrusters))
        rows.append((s.name, s.size.name, *counts, roles))
    head = ("LEVEL", "SIZE", "POLYGONS", "CIRCLES", "JOINTS", "THRUSTERS", "ROLES")
    print(table(head, rows))
    if unusual := sorted({row[1] for row in rows} - {*SIZES}):
        print(f"{unusual[0]}: slots; the polygons include floor, walls and ceiling, unlike above")
    if not args.levels:
        print("\nsets whose levels are made or found when they are used:")
        print(table(("", ""), list(made_sets().items()), indent="  "))
    for line in broken:
        print(f"broken: {printable(line)}")
    return 2 if broken else 0


def _show(args: argparse.Namespace) -> int:
    from kinetix_core.scene import describe_level

    print(describe_level(args.level))
    return 0


def _validate(args: argparse.Namespace) -> int:
    from kinetix_core.scene import find_levels, read_level

    broken = 0
    entries = find_levels(args.levels)
    for entry in entries:
        try:
            read_level(entry.path)
        except LevelError as error:
            broken += 1
            print(f"broken  {printable(str(error))}")
        else:
            print(f"ok      {printable(str(entry.path))}")
    print(f"{counted(len(entries), 'file')}, {broken} broken")
    return 2 if broken else 0


def _fetch(args: argparse.Namespace) -> int:
    from kinetix_core.paths import user_path
    from kinetix_core.scene import fetch_published

    wheel = None if args.wheel is None else user_path(args.wheel, "--wheel")
    fetch_published(functools.partial(print, flush=True), wheel)
    print("use them as levels=published, or published/s, published/m, published/l")
    return 0

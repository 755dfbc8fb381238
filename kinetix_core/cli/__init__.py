"""The `kinetix` command. Each module of this package without a leading underscore is a command.

A command module has `HELP` (one line), `add_arguments(parser)` and `run(args) -> int`; it imports
what is heavy inside `run` only. It may also have:

- `TAKES_SETTINGS = True`: arguments as `ppo.epochs=4` or `--ppo.epochs=4` are settings of a run,
  found in `args.settings` in the order given. It may then have `setting_names()`, the names that
  there are, and `guess(argument)`: what an argument without `=` may have meant, or None.
- `OPTIONS_ANYWHERE = True`: options may stand between arguments of which there are any number.
- `USES_JAX = True`: JAX's compilation cache is set up before `run`.
- `more_help() -> str`: text below the usual help.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import os
import pkgutil
import sys
import traceback
from collections.abc import Sequence
from types import ModuleType
from typing import Any, NoReturn

from kinetix_core.errors import KinetixError, SettingError, did_you_mean, printable

from ._settings import parse_with_settings

COLLECT_AFTER = (100_000, 20, 10)
"""Thresholds of Python's garbage collector. A third of what tracing takes would be its work else:
the many objects that JAX makes then stay."""

INTERRUPTED = 130
"""Exit status after Ctrl-C, as shells have it."""


def command() -> NoReturn:
    """The command `kinetix`: `main` with the arguments of the process, whose exit status it is."""
    gc.set_threshold(*COLLECT_AFTER)
    status = main()
    if status == INTERRUPTED:
        # XLA may be compiling in threads of its own, in the midst of which Python cannot be ended
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
    sys.exit(status)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command. Returns its exit status: 0 good, 1 not good, 2 a mistake, 130 interrupted.

    A mistake (any `KinetixError`) is one line on standard error. With `KINETIX_TRACEBACK=1` in
    the environment the traceback is shown too.
    """
    _show_everything()
    try:
        return _dispatch(list(sys.argv[1:] if argv is None else argv))
    except KinetixError as error:
        if os.environ.get("KINETIX_TRACEBACK") == "1":
            traceback.print_exc()
        print(f"kinetix: error: {printable(' '.join(str(error).split()))}", file=sys.stderr)
        return 2
    except KeyboardInterrupt as stop:
        print(f"\nkinetix: {str(stop) or 'interrupted'}", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # whoever read our output has gone; keep Python from complaining about it at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except SystemExit as leave:  # argparse, after showing help
        return int(leave.code or 0)


def _show_everything() -> None:
    """What standard output cannot encode, such as parts of a file's name, is shown as escapes."""
    if reconfigure := getattr(sys.stdout, "reconfigure", None):
        reconfigure(errors="backslashreplace")


def commands() -> list[str]:
    """Names of all commands."""
    return sorted(m.name for m in pkgutil.iter_modules(__path__) if not m.name.startswith("_"))


def _dispatch(argv: list[str]) -> int:
    known = commands()
    if not argv or argv[0] in ("-h", "--help", "help"):
        print(_overview(known))
        return 0
    if argv[0] == "--version":
        from kinetix_core import __version__

        print(f"kinetix {__version__}")
        return 0
    if argv[0] not in known:
        raise SettingError(f"{argv[0]}: no such command{did_you_mean(argv[0], known)}")
    command = importlib.import_module(f"{__name__}.{argv[0]}")
    args = _parse(command, argv[0], argv[1:])
    if getattr(command, "USES_JAX", False):
        from ._jax import set_up_compilation_cache

        set_up_compilation_cache()
    from ._log import shown_log

    with shown_log():
        return int(command.run(args) or 0)


def _overview(known: Sequence[str]) -> str:
    lines = [f"  {n:<10} {importlib.import_module(f'{__name__}.{n}').HELP}" for n in known]
    return "\n".join(
        [
            "usage: kinetix COMMAND ...",
            "",
            "Open-ended reinforcement learning in 2D physics worlds.",
            "",
            "commands:",
            *lines,
            "",
            "`kinetix COMMAND --help` says more.",
        ]
    )


class _Parser(argparse.ArgumentParser):
    """One line for a wrong argument, and help that can be made when it is asked for."""

    command: ModuleType | None = None

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if action.choices is not None and value not in action.choices:
            close = did_you_mean(str(value), map(str, action.choices))
            commands = isinstance(action, argparse._SubParsersAction)
            said = "action" if commands else "/".join(action.option_strings) or action.dest
            more = f"(`{self.prog} --help` says more)"
            raise SettingError(f"{self.prog} {value}: no such {said}{close} {more}")

    def error(self, message: str) -> NoReturn:
        raise SettingError(f"{message} (`{self.prog} --help` says more)")

    def format_help(self) -> str:
        more = getattr(self.command, "more_help", None)
        return super().format_help() + (f"\n{more().rstrip()}\n" if more else "")


def _parse(command: ModuleType, name: str, argv: list[str]) -> argparse.Namespace:
    takes_settings = getattr(command, "TAKES_SETTINGS", False)
    parser = _Parser(
        prog=f"kinetix {name}",
        description=command.HELP,
        allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        usage=f"kinetix {name} [options] [setting=value ...]" if takes_settings else None,
    )
    parser.command = command
    command.add_arguments(parser)
    if getattr(command, "OPTIONS_ANYWHERE", False):
        return parser.parse_intermixed_args(argv)
    if not takes_settings:
        return parser.parse_args(argv)
    return parse_with_settings(parser, command, argv)

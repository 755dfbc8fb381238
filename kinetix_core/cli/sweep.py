"""`kinetix sweep`: sweeps that are described in a file, here or through Weights & Biases."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kinetix_core.errors import PluginError, RunError, SettingError

if TYPE_CHECKING:
    from kinetix_core.compose import Sweep

HELP = "run a sweep of a file here, or through Weights & Biases"
TAKES_SETTINGS = True
USES_JAX = True


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to do with which sweep; everything else is a setting of every run."""
    parser.usage = (
        "kinetix sweep list\n"
        "       kinetix sweep run NAME [--jobs N] [setting=value ...]\n"
        "       kinetix sweep wandb NAME [--dry-run] [--count N] [--no-agent] [setting=value ...]"
    )
    parser.add_argument(
        "action",
        choices=["list", "run", "wandb"],
        help="list the sweeps there are; run every combination of one whose method is grid, as"
        " `kinetix train -m` does; or make a W&B sweep of it and start an agent",
    )
    parser.add_argument("name", nargs="?", help="of the sweep")
    parser.add_argument(
        "--jobs", type=int, metavar="N", help="run: so many at once, each in a process of its own"
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="wandb: print the sweep as W&B's YAML, and no more"
    )
    parser.add_argument("--count", type=int, metavar="N", help="wandb: runs that the agent makes")
    parser.add_argument(
        "--no-agent", action="store_true", help="wandb: only make the sweep, and say what joins it"
    )


def setting_names() -> list[str]:
    """Those of a run."""
    from kinetix_core.compose import setting_names as names

    return names()


def more_help() -> str:
    """The sweeps that there are."""
    return f"sweeps:\n{_listing()}"


def run(args: argparse.Namespace) -> int:
    """List sweeps, or run one. Raises `SettingError` for what is wrong with it."""
    _check_options(args)
    if args.action == "list":
        print(_listing())
        return 0
    from kinetix_core.compose import load_sweep

    sweep = load_sweep(args.name, args.settings)
    if args.action == "run":
        from kinetix_core.compose import run_sweep

        from .train import show_jobs, train_with_log

        return show_jobs(run_sweep(sweep.combinations(), train_with_log, args.jobs))
    if args.dry_run:
        print(_yaml(sweep.for_wandb()), end="")
        return 0
    return _start(sweep, args.count, agent=not args.no_agent)


def _check_options(args: argparse.Namespace) -> None:
    """Refuse what would have no effect."""
    given = {
        "NAME": args.name,
        "setting=value": " ".join(args.settings),
        "--jobs": args.jobs,
        "--dry-run": args.dry_run,
        "--count": args.count,
        "--no-agent": args.no_agent,
    }
    used = {
        "list": [],
        "run": ["NAME", "setting=value", "--jobs"],
        "wandb": ["NAME", "setting=value", "--dry-run", "--count", "--no-agent"],
    }[args.action]
    for name, value in given.items():
        if value not in (None, False, "") and name not in used:
            shown = value if name in ("NAME", "setting=value") else name
            raise SettingError(f"kinetix sweep {args.action}: {shown} means nothing here")
    if args.action != "list" and args.name is None:
        known = " (`kinetix sweep list` shows them)"
        raise SettingError(f"kinetix sweep {args.action}: the name of a sweep is expected{known}")
    if args.count is not None and args.count < 1:
        raise SettingError(f"--count {args.count}: at least 1 is expected")
    if args.count is not None and (args.dry_run or args.no_agent):
        raise SettingError(f"--count {args.count}: no agent is started; leave it out")


def _listing() -> str:
    from kinetix_core.compose import sweep_summary, sweeps

    from ._tables import table

    return table(("NAME", "WHAT"), [(name, sweep_summary(name)) for name in sorted(sweeps())])


def _yaml(config: dict[str, Any]) -> str:
    import yaml

    return yaml.safe_dump(config, sort_keys=False, allow_unicode=True, width=100)


def _start(sweep: Sweep, count: int | None, *, agent: bool) -> int:
    """Make the sweep in W&B, and run an agent here until W&B has no more runs for it."""
    without = f"`kinetix sweep wandb {sweep.name} --dry-run` needs neither account nor network"
    wandb = _wandb(without)
    if (mode := os.environ.get("WANDB_MODE", "online")) != "online":
        raise RunError(f"WANDB_MODE={mode}: W&B's server runs a sweep; {without}")
    config = sweep.for_wandb()
    project, entity = _place(sweep)
    try:
        if not _logged_in(wandb):
            raise RunError(
                f"sweep {sweep.name}: W&B knows no account here: `wandb login`, or set"
                f" WANDB_API_KEY; {without}"
            )
        made = wandb.sweep(config, project=project, entity=entity)
        path = "/".join(filter(None, [entity, project, made]))
        print(f"on other machines: wandb agent {path}", flush=True)
        if agent:
            # the agent calls `kinetix`, which is beside this Python
            beside = str(Path(sys.executable).parent)
            os.environ["PATH"] = os.pathsep.join([beside, os.environ.get("PATH", "")])
            wandb.agent(made, project=project, entity=entity, count=count)
    except wandb.errors.Error as error:
        said = " ".join(str(error).split())
        raise RunError(f"sweep {sweep.name}: W&B says: {said}; {without}") from error
    return 0


def _wandb(without: str) -> Any:
    try:
        import wandb
    except ImportError as error:
        raise PluginError(
            "kinetix sweep wandb: needs the package wandb: pip install 'open-kinetix[wandb]';"
            f" {without}"
        ) from error
    return wandb


def _logged_in(wandb: Any) -> bool:
    try:
        return bool(wandb.login(prompt=False))
    except TypeError:  # older versions cannot be told not to ask
        return bool(wandb.api.api_key)


def _place(sweep: Sweep) -> tuple[str, str | None]:
    """Project and entity, as the logger of the runs has them."""
    from kinetix_core.record.logger_config import WandbConfig

    chosen = next((c.config for c in sweep.run.loggers if c.name == "wandb"), WandbConfig())
    return chosen.project, chosen.entity or None

"""`kinetix config show`: the run that settings describe, as YAML."""

from __future__ import annotations

import argparse

from ._settings import guess_setting

HELP = "show the composed configuration of a run"
TAKES_SETTINGS = True


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`show`; everything else is a setting."""
    parser.usage = "kinetix config show [setting=value ...]"
    parser.add_argument(
        "action",
        choices=["show"],
        help="print the defaults with a preset and these settings on top, as `kinetix train` would"
        " run them; ??? is a value that must still be given",
    )


def run(args: argparse.Namespace) -> int:
    """Print the configuration as YAML. Raises `SettingError` for settings that are wrong."""
    from omegaconf import OmegaConf

    from kinetix_core.compose import check_config, compose_config

    config = compose_config(args.settings)
    check_config(config)
    print(OmegaConf.to_yaml(config), end="")
    return 0


def setting_names() -> list[str]:
    """Those of a run."""
    from kinetix_core.compose import setting_names as names

    return names()


def guess(argument: str) -> str | None:
    """A preset, a component or levels."""
    return guess_setting(argument)

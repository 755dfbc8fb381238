"""`kinetix config show`: the run that settings describe, as YAML."""

from __future__ import annotations

import argparse

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

    from kinetix_core.compose import compose_config

    print(OmegaConf.to_yaml(compose_config(args.settings)), end="")
    return 0

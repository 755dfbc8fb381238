"""Packages from elsewhere: installed by pip into a folder, used through the command line."""

import os
import subprocess
import sys
from pathlib import Path


def install(source: Path, site: Path) -> Path:
    """`site`, into which pip has installed the package in folder `source`."""
    options = ["--no-deps", "--no-build-isolation", "--no-index", "--disable-pip-version-check"]
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "-q", *options, "-t", site, source],
        check=True,
        capture_output=True,
        env=os.environ | {"PIP_ROOT_USER_ACTION": "ignore"},
    )
    return site


def kinetix(site: Path, *arguments: str, cwd: Path | None = None):
    """The finished process of a `kinetix` command that finds what is installed in `site`."""
    return subprocess.run(
        [sys.executable, "-m", "kinetix_core.cli", *arguments],
        env=os.environ | {"PYTHONPATH": str(site)},
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=300,
    )

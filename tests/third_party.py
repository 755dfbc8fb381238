"""Packages from elsewhere: installed by pip into a folder, used through the command line."""

import os
import subprocess
import sys
import textwrap
from collections.abc import Mapping
from pathlib import Path


def write(files: Mapping[str, str], source: Path) -> Path:
    """`source`, with these files of a package in it, by their path; common indentation is cut."""
    for path, text in files.items():
        file = source / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(textwrap.dedent(text))
    return source


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

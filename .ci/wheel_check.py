"""Install a wheel alone in a fresh environment and run the main job from it for a few updates.

Run by `make wheel-check`. Nothing of the source tree is reachable: the environment is new, the
working directory is empty, and the wheel is all that is installed besides its dependencies.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
UPDATES = 3
TRAIN = (
    "experiment=laptop",
    "levels=handmade/s",
    "ppo.num_envs=64",
    "ppo.num_steps=16",
    f"train.total_steps={UPDATES * 64 * 16}",
    "train.directory=runs",
    "train.name=wheel",
)


def main() -> None:
    """Check the wheel that is named on the command line."""
    (wheel,) = (Path(argument).resolve() for argument in sys.argv[1:])
    with tempfile.TemporaryDirectory(prefix="kinetix-wheel-") as folder:
        python = Path(folder) / "venv" / "bin" / "python"
        run(folder, sys.executable, "-m", "venv", "venv")
        constraints = str(ROOT / "constraints.txt")
        requirement = str(wheel) if system_compiler() else f"{wheel}[compiler]"
        run(folder, str(python), "-m", "pip", "install", "--quiet", "-c", constraints, requirement)
        kinetix = str(python.parent / "kinetix")
        run(folder, kinetix, "plugins")
        run(folder, kinetix, "levels", "list")
        run(folder, kinetix, "train", *TRAIN)
        run(folder, kinetix, "evaluate", "run=runs/wheel")
        run(folder, kinetix, "report", "runs/wheel")
        installed = run(
            folder, str(python), "-c", "import kinetix_core; print(kinetix_core.__file__)"
        )
        if not Path(installed.strip()).is_relative_to(Path(folder).resolve()):
            sys.exit(f"the job ran from {installed.strip()}, not from the wheel")
    print(f"{wheel.name}: installed alone, trained for {UPDATES} updates and was evaluated")


def system_compiler() -> bool:
    """Whether a C++ compiler is on the path; without one the wheel's `compiler` extra is used."""
    named = shlex.split(os.environ.get("CXX", ""))[:1]
    return any(shutil.which(name) for name in (*named, "c++", "g++", "clang++"))


def run(folder: str, *command: str) -> str:
    """Run a command in `folder`, show what it printed, and end here if it fails."""
    print("$", shlex.join(command), flush=True)
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    print(done.stdout, end="", flush=True)
    if done.returncode:
        sys.exit(f"{shlex.join(command)}: exit status {done.returncode}")
    return done.stdout


if __name__ == "__main__":
    main()

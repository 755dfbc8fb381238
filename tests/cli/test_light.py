"""Every help text and every listing answers at once, without JAX."""

import json
import subprocess
import sys

import pytest

from kinetix_core.cli import commands

LINES = [
    [],
    ["--help"],
    ["--version"],
    *([name, "--help"] for name in commands()),
    ["plugins"],
    ["plugins", "--settings"],
    ["config", "show"],
    ["levels", "list"],
]
PROGRAM = """
import json, resource, sys
from kinetix_core.cli import main
status = main(json.loads(sys.argv[1]))
used = resource.getrusage(resource.RUSAGE_SELF)
heavy = sorted({"jax", "jaxlib", "flax", "optax", "equinox", "numpy"} & set(sys.modules))
print(json.dumps([status, used.ru_utime + used.ru_stime, heavy]), file=sys.stderr)
"""


@pytest.mark.parametrize("line", LINES, ids=lambda line: " ".join(line) or "nothing")
def test_answers_within_a_second_without_jax(line):
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, json.dumps(line)],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    status, seconds, heavy = json.loads(done.stderr.splitlines()[-1])
    assert heavy == []
    assert seconds < 1.0
    assert status == 0, done.stderr
    assert done.stdout.strip()

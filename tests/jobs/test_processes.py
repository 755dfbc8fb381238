"""Work in processes of its own: order, failures, and processes that are killed."""

import fcntl
import functools
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from kinetix_core.errors import RunError
from kinetix_core.jobs import SKIPPED, Watcher, Work, run_in_processes

ORPHAN = """
import functools, os, sys, time
from pathlib import Path

from kinetix_core.jobs import Work, run_in_processes


def work(folder):
    Path(folder, "pid.tmp").write_text(str(os.getpid()))
    Path(folder, "pid.tmp").rename(Path(folder, "pid"))
    time.sleep(60)


if __name__ == "__main__":
    run_in_processes([Work("one", functools.partial(work, sys.argv[1]))], Path(sys.argv[1]), 1)
"""


def note(folder, name, bad=""):
    """Adds its name to a file."""
    with open(Path(folder) / "order", "a") as file:
        file.write(f"{name}\n")
    if name == bad:
        raise RunError("refused")
    return name


def works(tmp_path, after, bad=""):
    return [
        Work(name, functools.partial(note, str(tmp_path), name, bad), tuple(first))
        for name, first in after.items()
    ]


def test_what_waits_comes_after_and_failures_are_named(tmp_path):
    after = {"d": ["b"], "e": ["d"], "a": [], "b": ["a"], "c": ["a", "done before"]}
    found = run_in_processes(works(tmp_path, after, bad="b"), tmp_path / "logs", 1)
    assert (tmp_path / "order").read_text().split() == ["a", "b", "c"]
    assert list(found) == list(after)
    assert {name: one.status for name, one in found.items()} == {
        **{"a": 0, "b": 2, "c": 0},
        **{"d": SKIPPED, "e": SKIPPED},
    }
    assert found["c"].result == "c"
    assert found["b"].error == "refused"
    assert found["d"].error == "not begun: it comes after b, which failed"
    assert found["e"].error == "not begun: it comes after d, which was not begun"
    assert "kinetix: error: refused" in (tmp_path / "logs" / "b.log").read_text()


def test_an_interruption_says_at_once_what_is_saved(tmp_path):
    told = []

    class Interrupting(Watcher):
        def ended(self, work, outcome):
            raise KeyboardInterrupt

        def stopping(self, works):
            told.extend(work.name for work in works)

    jobs = [*works(tmp_path, {"a": []}), Work("long", functools.partial(time.sleep, 60))]
    with pytest.raises(KeyboardInterrupt):
        run_in_processes(jobs, tmp_path / "logs", 2, Interrupting())
    assert told == ["long"]


def test_work_that_has_lost_its_parent_ends(tmp_path):
    script = tmp_path / "orphan.py"
    script.write_text(ORPHAN)
    parent = subprocess.Popen([sys.executable, script, tmp_path])
    mark, until = tmp_path / "pid", time.monotonic() + 60
    while not mark.exists():
        assert time.monotonic() < until
        time.sleep(0.05)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    while is_there(int(mark.read_text())):
        assert time.monotonic() < until
        time.sleep(0.05)


def is_there(pid):
    try:
        os.kill(pid, 0)
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (ProcessLookupError, FileNotFoundError):
        return False


def test_an_earlier_process_that_still_works_is_waited_for(tmp_path):
    logs = tmp_path / "logs"
    logs.mkdir()
    held = open(logs / "a.log", "a")  # noqa: SIM115 (closed by the thread)
    fcntl.flock(held, fcntl.LOCK_EX)
    ended = []

    def let_go():
        time.sleep(1.5)
        ended.append((tmp_path / "order").exists())
        held.close()

    thread = threading.Thread(target=let_go)
    thread.start()
    found = run_in_processes(works(tmp_path, {"a": []}), logs, 1)
    thread.join()
    assert ended == [False]
    assert found["a"].status == 0

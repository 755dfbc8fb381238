"""What libraries log is shown while a command runs, and only then."""

import logging
import subprocess
import sys

from kinetix_core.cli import main, plugins


def test_a_line_for_each_message(capsys, monkeypatch):
    def run(args):
        logging.getLogger("kinetix_jax2d").info("compiling with %s", "c++")
        logging.getLogger("kinetix_toy.deep").warning("left out")
        logging.getLogger("kinetix_toy").debug("a detail")
        logging.getLogger("elsewhere").info("chatter")
        logging.getLogger("elsewhere").warning("smoke")
        return main(["--version"])

    monkeypatch.setattr(plugins, "run", run)
    root = logging.getLogger()
    before = root.level, list(root.handlers)
    assert main(["plugins"]) == 0
    assert capsys.readouterr().err.splitlines() == [
        "kinetix: compiling with c++",
        "kinetix: warning: left out",
        "kinetix: warning: smoke",
    ]
    assert (root.level, root.handlers) == before
    logging.getLogger("kinetix_jax2d").info("outside of a command")
    assert capsys.readouterr().err == ""


def test_a_command_within_a_command_says_it_once(capsys, monkeypatch):
    calls = []

    def run(args):
        calls.append(args)
        if len(calls) == 1:
            return main(["plugins"])
        logging.getLogger("kinetix_jax2d").info("once")
        return 0

    monkeypatch.setattr(plugins, "run", run)
    assert main(["plugins"]) == 0
    assert capsys.readouterr().err == "kinetix: once\n"


def test_the_kernel_says_that_it_compiles_without_a_terminal(tmp_path):
    """As in the logs of a build server."""
    compiler = tmp_path / "c++"
    compiler.write_text(
        f"#!{sys.executable}\n"
        "import sys; open(sys.argv[sys.argv.index('-o') + 1], 'w').write('library')\n"
    )
    compiler.chmod(0o755)
    program = (
        "import sys\n"
        "from kinetix_core.cli import main, plugins\n"
        "from kinetix_jax2d import _build\n"
        "plugins.run = lambda args: _build.library() and 0\n"
        "sys.exit(main(['plugins']))\n"
    )
    environment = {"CXX": str(compiler), "KINETIX_CACHE_DIR": str(tmp_path / "cache")}
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env=environment
    )
    assert done.returncode == 0, done.stderr
    first, second = done.stderr.splitlines()
    assert first == f"kinetix: compiling the physics kernel with {compiler} (once)"
    assert second.startswith("kinetix: compiled the physics kernel in ")

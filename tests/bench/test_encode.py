"""`kinetix bench encode`: what is timed did its work; mistakes are one line; help is light."""

import subprocess
import sys
from dataclasses import dataclass

import jax
import numpy as np
import pytest
from kinetix_observations import Symbolic, SymbolicConfig

from kinetix_core.bench import encode_speed
from kinetix_core.bench.encode_speed import STEP, EncodeOptions, EncodeProgram, run_encode
from kinetix_core.bench.report import Report, render
from kinetix_core.cli import main
from kinetix_core.errors import RunError
from kinetix_core.interfaces import ObservationEncoder
from kinetix_core.scene import S
from kinetix_core.testing import example_levels, example_task


@dataclass(frozen=True)
class Lazy(ObservationEncoder):
    """Repeats what it has seen before."""

    inner: Symbolic

    def space(self, size):
        return self.inner.space(size)

    def encode(self, scene):
        return self.inner.encode(scene)

    def encode_next(self, scene, previous):
        return previous


@pytest.fixture(scope="module")
def scenes():
    """Two moments of three scenes."""
    levels = example_levels(S, 6)
    return jax.tree.map(lambda x: x.reshape(2, 3, *x.shape[1:]), levels)


def test_an_encoder_that_does_not_look_is_not_timed(scenes):
    encoder = Lazy(Symbolic(SymbolicConfig(), example_task(S)))
    with pytest.raises(RunError, match=r"lazy: .* of the numbers are wrong; nothing is timed"):
        EncodeProgram(encoder, scenes, again=True).prove("lazy")
    program = EncodeProgram(encoder, scenes)
    program.prove("eager")
    assert program.numbers == 140
    assert program.work.steps == 6
    last = jax.tree.map(lambda x: x[-1], scenes)
    wanted = jax.jit(jax.vmap(encoder.encode))(last)
    np.testing.assert_allclose(program.run(), wanted, atol=1e-5)


def test_each_encoder_has_a_row_beside_the_environment_step():
    report = Report("encode", "kinetix bench encode")
    options = EncodeOptions(
        encoders=("blind", "symbolic"), sizes=("s",), scenes=8, repeats=2, seconds=0.001
    )
    run_encode(options, report)
    rows = {row[1]: row for row in report.tables[0].rows}
    assert list(rows) == [STEP, "blind", "symbolic"]
    assert rows["blind"][2] == "257"
    assert rows["blind"][5] == ""
    assert rows["symbolic"][5] != ""
    assert float(rows["symbolic"][6]) > 0
    assert "| s    | symbolic" in render(report)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--encoders", "pixel"], "observation=pixel: unknown; did you mean pixels?"),
        (["--sizes", "xl"], "sizes=xl: xl is none"),
        (["--repeats", "0"], "repeats=0: at least 1"),
    ],
)
def test_a_mistake_is_one_line(capsys, monkeypatch, arguments, message):
    monkeypatch.setattr(encode_speed, "build_engine", None)  # nothing is measured before
    assert main(["bench", "encode", *arguments]) == 2
    out, err = capsys.readouterr()
    assert message in err
    assert err.count("kinetix: error: ") == 1
    assert out == ""


def test_help_imports_no_jax():
    code = (
        "import sys; from kinetix_core.cli import main\n"
        "status = main(['bench', 'encode', '--help'])\n"
        "assert status == 0 and not {'jax', 'numpy', 'flax'} & set(sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr

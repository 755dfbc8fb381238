"""`kinetix bench device`: large batches, an engine that does not fit, and what a profile says."""

import itertools

import jax
import pytest

from kinetix_core.bench import _profile, device_speed
from kinetix_core.bench._rollout import Program
from kinetix_core.bench.device_speed import DeviceOptions, run_device
from kinetix_core.bench.report import Report, render

from .fakes import Falling, falling_levels

TRACE = """
planes {
  name: "/device:GPU:0"
  event_metadata { key: 1 value { id: 1 name: "fusion" } }
  event_metadata { key: 2 value { id: 2 name: "memcpy" } }
  lines { name: "XLA Ops" events { metadata_id: 1 duration_ps: 9000000 } }
  lines {
    name: "Stream #13(Compute)"
    events { metadata_id: 1 duration_ps: 3000000 }
    events { metadata_id: 2 duration_ps: 1000000 }
    events { metadata_id: 1 duration_ps: 3000000 }
  }
}
planes {
  name: "/host:CPU"
  event_metadata { key: 1 value { id: 1 name: "python" } }
  lines { name: "Stream of nothing" events { metadata_id: 1 duration_ps: 5000000 } }
}
"""


@pytest.fixture
def falling(monkeypatch):
    monkeypatch.setattr(device_speed, "build_engine", lambda *_: Falling())
    monkeypatch.setattr(device_speed, "levels_for", lambda *_: falling_levels(4))


def options(**given):
    few = {"sizes": ("s",), "batches": (2, 4), "repeats": 1, "seconds": 0.01, "steps": 8}
    return DeviceOptions(starts=4, **(few | given))


def test_every_size_and_batch_is_measured(falling):
    report, said = Report("device", "kinetix bench device"), []
    run_device(options(), report, said.append)
    assert [row[:2] for row in report.tables[0].rows] == [("s", 2), ("s", 4)]
    assert len(report.tables) == 1  # the profiler sees no accelerator here
    assert all(point.bytes_per_scene["jax2d"] > 0 for point in report.data["points"])
    assert "s: batch 4: jax2d:" in said[-1]
    assert "Physics steps per second" in render(report)


def test_an_engine_that_does_not_fit_is_named_and_the_rest_goes_on(falling, monkeypatch):
    def program(engine, starts, batch, groups, steps):
        if batch == 4:
            raise jax.errors.JaxRuntimeError("RESOURCE_EXHAUSTED: Out of memory allocating 9")
        return Program(engine, starts, batch, groups, steps)

    monkeypatch.setattr(device_speed, "Program", program)
    report = Report("device", "kinetix bench device")
    run_device(options(), report)
    fits, too_large = report.tables[0].rows
    assert fits[2] != "RESOURCE_EXHAUSTED"
    assert too_large[2:] == ("RESOURCE_EXHAUSTED", "-", "-")


def test_a_profile_counts_what_the_streams_of_devices_ran(monkeypatch, tmp_path):
    data = jax.profiler.ProfileData.from_text_proto(TRACE)
    (tmp_path / "host.xplane.pb").touch()
    monkeypatch.setattr(jax.profiler.ProfileData, "from_file", lambda _: data, raising=False)
    seconds, starts = _profile._kernels(tmp_path)
    assert starts == {"fusion": 2, "memcpy": 1}
    assert seconds["fusion"] == pytest.approx(6e-6)
    assert [name for name, _ in itertools.islice(seconds.most_common(), 1)] == ["fusion"]

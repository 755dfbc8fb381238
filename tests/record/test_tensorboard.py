"""logger/tensorboard: the event file is read back record by record."""

import struct

import pytest

from kinetix_core.interfaces import RunInfo
from kinetix_core.record import TensorboardLogger
from kinetix_core.record.logger_config import TensorboardConfig

pytest.importorskip("tensorboardX", reason="the extra tensorboard is not installed")


def events(folder):
    """Every event of the only file: a record is its length, a checksum, the event, a checksum."""
    from tensorboardX.proto.event_pb2 import Event

    (file,) = folder.iterdir()
    data, at, found = file.read_bytes(), 0, []
    while at < len(data):
        (length,) = struct.unpack_from("<Q", data, at)
        found.append(Event.FromString(data[at + 12 : at + 12 + length]))
        at += 12 + length + 4
    return found


def test_scalars_stand_at_the_environment_steps(tmp_path):
    logger = TensorboardLogger(TensorboardConfig(folder="curves"))
    logger.open(RunInfo(tmp_path, {"seed": 3}, total_updates=2, steps_per_update=512))
    logger.log(1, {"ppo/loss": [0.5, float("nan")], "time/env_steps": 512})
    logger.log(2, {"ppo/loss": [0.25, 0.75], "time/env_steps": 1024})
    logger.close()
    values = [(e.step, v) for e in events(tmp_path / "curves") for v in e.summary.value]
    scalars = {(step, v.tag): v.simple_value for step, v in values if v.WhichOneof("value")
               == "simple_value"}  # fmt: skip
    assert scalars == {
        (512, "ppo/loss/seed_0"): 0.5,
        (512, "time/env_steps"): 512,
        (512, "update"): 1,
        (1024, "ppo/loss/seed_0"): 0.25,
        (1024, "ppo/loss/seed_1"): 0.75,
        (1024, "time/env_steps"): 1024,
        (1024, "update"): 2,
    }
    (text,) = [v for _, v in values if v.tag.startswith("config")]
    assert b'"seed": 3' in text.tensor.string_val[0]

"""logger/csv: what is logged can be read back as a table, whatever comes and goes."""

import csv
import math

import pytest

from kinetix_core.errors import RunError, SettingError
from kinetix_core.interfaces import RunInfo
from kinetix_core.record import CsvLogger
from kinetix_core.record.logger_config import CsvConfig


def opened(directory, finished=0):
    logger = CsvLogger(CsvConfig())
    logger.open(
        RunInfo(directory, {}, total_updates=10, steps_per_update=8, finished_updates=finished)
    )
    return logger


def read(directory):
    with open(directory / "metrics.csv", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_a_row_is_on_disk_after_every_update(tmp_path):
    logger = opened(tmp_path)
    logger.log(1, {"b": 0.1, "a": [1.0, math.nan]})
    assert read(tmp_path) == [{"update": "1", "a/seed_0": "1.0", "a/seed_1": "", "b": "0.1"}]
    logger.log(2, {"b": 1 / 3, "a": [2.0, math.inf]})
    assert float(read(tmp_path)[1]["b"]) == 1 / 3
    logger.close()


def test_metrics_may_come_late_and_be_missing(tmp_path):
    logger = opened(tmp_path)
    logger.log(1, {"b": 1.0})
    logger.log(2, {"a": 2.0, 'odd,"name': 3.0})
    logger.log(3, {"b": 4.0})
    header = (tmp_path / "metrics.csv").read_text().splitlines()[0]
    assert header == 'update,b,a,"odd,""name"'
    odd = 'odd,"name'
    assert read(tmp_path) == [
        {"update": "1", "b": "1.0", "a": "", odd: ""},
        {"update": "2", "b": "", "a": "2.0", odd: "3.0"},
        {"update": "3", "b": "4.0", "a": "", odd: ""},
    ]
    assert [p.name for p in tmp_path.iterdir()] == ["metrics.csv"]


def test_a_file_that_is_there_is_continued(tmp_path):
    first = opened(tmp_path)
    first.log(1, {"b": 1.0})
    first.log(2, {"b": 9.0})  # after the checkpoint: about to be logged again
    again = opened(tmp_path, finished=1)
    again.log(2, {"b": 2.0, "a": 3.0})
    assert [row["b"] for row in read(tmp_path)] == ["1.0", "2.0"]
    assert list(read(tmp_path)[0]) == ["update", "b", "a"]


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(RunError, match=r"gone.metrics\.csv: metrics cannot be written"):
        opened(tmp_path / "gone")


@pytest.mark.parametrize("bad", ["", "a/b", ".."])
def test_the_file_has_a_plain_name(bad):
    with pytest.raises(SettingError, match=r"logger\.csv\.file"):
        CsvConfig(file=bad)

"""Results on screen and on disk."""

import getpass
import json
import platform

import pytest

from kinetix_core.bench.report import (
    Report,
    Table,
    cell,
    file_name,
    render,
    render_table,
    slug,
    store,
)
from kinetix_core.errors import RunError


@pytest.fixture
def report() -> Report:
    table = Table("Speed", ("size", "steps"), (("s", 2_500_000.0), ("l", 0.000123456)), "A note.")
    return Report("engine", "kinetix bench engine", [table], ["checked"], {"raw": (1.23456789,)})


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (2_500_000.0, "2,500,000"),
        (1234, "1,234"),
        (3.14159, "3.14"),
        (0.0, "0"),
        (1.5e-7, "1.5e-07"),
        (True, "yes"),
        ("s", "s"),
    ],
)
def test_cells(value, text):
    assert cell(value) == text


def test_a_table_is_aligned_markdown():
    table = Table("T", ("name", "n"), (("long name", 5), ("x", 12_345)))
    assert render_table(table).splitlines() == [
        "## T",
        "",
        "| name      |      n |",
        "| --------- | -----: |",
        "| long name |      5 |",
        "| x         | 12,345 |",
    ]


def test_a_report_says_where_and_with_what_it_was_made(report):
    text = render(report)
    for part in ("# engine", "cores", "load average", "jax ", "checked", "2,500,000", "A note."):
        assert part in text
    assert report.made in text


def test_a_stored_report_names_no_path_host_or_user(report, tmp_path):
    path = store(report, tmp_path / "results")
    assert path.name == f"{file_name(report)}.md"
    assert file_name(report).startswith(f"engine-{report.made}-")
    saved = json.loads(path.with_suffix(".json").read_text())
    assert saved["data"]["raw"] == [1.23457]
    assert saved["versions"]["python"] == platform.python_version()
    for text in (path.read_text(), path.with_suffix(".json").read_text()):
        assert str(tmp_path) not in text
        assert platform.node() not in text.split()
        assert f"/{getpass.getuser()}" not in text


def test_a_folder_that_cannot_be_written_is_an_error(report, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match=r"out=.*file/below: cannot write there"):
        store(report, tmp_path / "file" / "below")


def test_slug():
    assert slug("Intel(R) Xeon(R) @ 2.8 GHz, 2 cores") == "intel-r-xeon-r-2-8-ghz-2-cores"

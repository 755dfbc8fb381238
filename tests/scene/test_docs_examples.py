"""The Python of docs/levels.md runs, and its table of our own levels is complete."""

import re
from pathlib import Path

from kinetix_generators.handmade import HANDMADE

from kinetix_core.scene import read_level, validate

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "levels.md").read_text(encoding="utf-8")


def test_examples_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    loading, building, hook = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    names: dict = {}
    exec(loading, names)
    assert len(names["names"]) == names["levels"].gravity.shape[0]
    exec(building, {})
    scene = read_level("cart.json").scene
    assert validate(scene) == []
    exec(hook, names)
    assert names["kinetix_level_sets"]() == {"obstacles": "pkg://my_package/levels"}


def test_every_level_of_ours_is_described():
    assert re.findall(r"^\| `([sml]/\w+)` \|", PAGE, re.MULTILINE) == list(HANDMADE)

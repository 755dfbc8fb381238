"""The look of pictures and pages: colours and measures, in one file for Python and the page."""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from typing import Any


@cache
def asset(name: str) -> str:
    """The text of a file in `assets`, from the source tree or the installed package."""
    return resources.files("kinetix_core.render").joinpath("assets", name).read_text("utf-8")


@cache
def look() -> dict[str, Any]:
    """Colours by theme and measures in metres. Source: spec/rendering.md 2, with softer tones."""
    return json.loads(asset("look.json"))

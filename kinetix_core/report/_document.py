"""The frame of every page: one file, no network, both themes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from importlib import resources


def document(title: str, subtitle: str, facts: Mapping[str, str], sections: Sequence[str]) -> str:
    """The whole page. subtitle: HTML. facts: numbers to see first, HTML by words."""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        "style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:; "
        "frame-src 'self' about:\">\n"
        f"<title>{escape(title)}</title>\n<style>\n{_asset('report.css')}</style></head>\n"
        f'<body><header><h1>{escape(title)}</h1><p class="muted">{subtitle}</p>'
        f"{_facts(facts)}</header>\n<main>\n{''.join(sections)}</main></body></html>\n"
    )


def _facts(facts: Mapping[str, str]) -> str:
    pairs = "".join(
        f"<div><dt>{escape(word)}</dt><dd>{number}</dd></div>" for word, number in facts.items()
    )
    return f'<dl class="facts">{pairs}</dl>' if pairs else ""


def _asset(name: str) -> str:
    place = resources.files("kinetix_core.report").joinpath("assets", name)
    return place.read_text("utf-8")

"""The documentation: every page is in the contents, every link leads somewhere."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
OTHERS = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "examples").rglob("*.md"))]

LINK = re.compile(r"!?\[[^\]]*\]\(\s*<?([^)\s>]+)>?[^)]*\)|(?:src|href)=\"([^\"]+)\"")


def contents(entry: Any) -> Iterator[str]:
    """The pages that `nav` in mkdocs.yml names."""
    if isinstance(entry, str):
        yield entry
    else:
        for part in entry.values() if isinstance(entry, dict) else entry:
            yield from contents(part)


def test_every_page_is_in_the_contents_once():
    configuration = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))
    assert sorted(contents(configuration["nav"])) == [str(p.relative_to(DOCS)) for p in PAGES]


def prose(page: Path) -> str:
    """The text of a page without its code."""
    text = re.sub(r"(?ms)^( *)```.*?^\1```", "", page.read_text(encoding="utf-8"))
    return re.sub(r"`[^`\n]*`", "", text)


def anchors(page: Path) -> set[str]:
    """The ids of a page's headings, as both the site and code hosts make them."""
    text = re.sub(r"(?ms)^( *)```.*?^\1```", "", page.read_text(encoding="utf-8"))
    headings = re.findall(r"(?m)^#+ +(.+?) *$", text)
    plain = (re.sub(r"[^\w\s-]", "", heading).strip().lower() for heading in headings)
    return {re.sub(r"\s+", "-", heading) for heading in plain}


@pytest.mark.parametrize("page", [*PAGES, *OTHERS], ids=lambda p: str(p.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    broken = []
    for match in LINK.finditer(prose(page)):
        link = match[1] or match[2]
        if re.match(r"[a-z]+:", link):
            continue  # another site
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
        elif DOCS in page.parents and DOCS not in target.parents:
            broken.append(f"{link} (outside the site)")
    assert broken == []


def test_the_site_takes_nothing_from_other_hosts():
    configuration = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))
    assert configuration["theme"]["font"] is False
    assert [
        x
        for key in ("extra_css", "extra_javascript")
        for x in configuration.get(key, [])
        if "//" in str(x)
    ] == []
    assert [
        name
        for page in PAGES
        if (name := page.name) and re.search(r"!\[[^\]]*\]\(https?:", prose(page))
    ] == []


def test_tour_of_the_readme_is_the_example_package():
    package = ROOT / "examples" / "novel_encoder"
    blocks = re.findall(
        r"(?ms)^```(toml|python)\n(.*?)^```", (ROOT / "README.md").read_text(encoding="utf-8")
    )
    assert {language for language, _ in blocks} == {"toml", "python"}
    files = {"toml": "pyproject.toml", "python": "kinetix_distances/__init__.py"}
    for language, block in blocks:
        lines = (package / files[language]).read_text(encoding="utf-8").splitlines()
        assert [line for line in block.splitlines() if line and line not in lines] == []

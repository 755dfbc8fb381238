"""The page in headless Chromium: nothing is wider than the screen, and no panel is empty."""

import json
import os
import re
import subprocess
from html import escape

import pytest

from kinetix_core.figures import KeptLevel
from kinetix_core.report import draw_figures, read_run, report_page, usual_figures
from kinetix_core.report._document import document
from kinetix_core.report._html import figure_section
from kinetix_core.testing import example_report
from tests.render.browser import CHROMIUM
from tests.render.sample import sample_level
from tests.report.sample import sample_run

FRAME = """<!doctype html><iframe style="width:{width}px;height:900px;border:0"
srcdoc="{content}"></iframe><script>
addEventListener("load", () => setTimeout(() => {{
  const answer = document.querySelector("iframe").contentDocument.getElementById("answer");
  document.body.append(answer);
}}, 500));
</script>"""
QUESTION = """<script>
addEventListener("load", () => {
  const box = (e) => e.getBoundingClientRect();
  const shown = [...document.querySelectorAll("svg.chart")].filter((e) => box(e).width > 0);
  const frame = document.querySelector("iframe"), inner = frame && frame.contentDocument;
  const overlaps = shown.flatMap((chart) => {
    const all = [...chart.querySelectorAll("text")].map((e) => [e.textContent, box(e)]);
    return all.flatMap(([a, p], i) => all.slice(i + 1)
      .filter(([, q]) => Math.min(p.right, q.right) - Math.max(p.left, q.left) > 1
        && Math.min(p.bottom, q.bottom) - Math.max(p.top, q.top) > 3)
      .map(([b]) => `${chart.ariaLabel}: ${a} | ${b}`));
  });
  const cut = shown.flatMap((chart) => [...chart.querySelectorAll("text")]
    .filter((e) => box(e).right > box(chart).right + 1 || box(e).left < box(chart).left - 1)
    .map((e) => `${chart.ariaLabel}: ${e.textContent}`));
  const answer = {
    wide: document.documentElement.scrollWidth - innerWidth,
    sections: [...document.querySelectorAll("section")].map((e) => Math.round(box(e).height)),
    charts: shown.map((e) => Math.round(box(e).width)),
    curves: document.querySelectorAll("svg.chart .line path").length,
    texts: shown.map((e) => box(e).width / e.viewBox.baseVal.width * 12),
    overlaps, cut, player: inner && inner.documentElement.dataset.ready,
    levels: inner && inner.querySelectorAll(".card").length,
    images: [...document.querySelectorAll("svg image")].filter((e) => box(e).width > 0).length,
  };
  document.body.innerHTML = "<pre id=answer></pre>";
  document.getElementById("answer").textContent = JSON.stringify(answer);
});
</script>"""


def asked(tmp_path, page, width, *, frame=False):
    """What `QUESTION` finds in a window, or as narrow as a phone in a frame."""
    if not CHROMIUM:
        pytest.skip("no Chromium on this machine")
    file, profile = tmp_path / "page.html", tmp_path / "profile"
    content = page.replace("</body></html>", f"{QUESTION}</body></html>")
    if frame:
        content = FRAME.format(width=width, content=escape(content))
    file.write_text(content, "utf-8")
    command = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom"]
    command += ["--disable-background-networking", f"--user-data-dir={profile}"]
    command += [f"--window-size={width},900", "--virtual-time-budget=4000"]
    done = subprocess.run(
        [*command, file.as_uri()],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "HOME": str(tmp_path)},
        check=True,
    )
    found = re.search(r'<pre id="answer">(.*?)</pre>', done.stdout, re.S)
    assert found, done.stdout[-2000:]
    return json.loads(found[1])


def fits(found):
    """Nothing is wider than the page, no panel empty, every chart readable."""
    assert found["wide"] <= 0
    assert min(found["sections"]) > 60
    assert min(found["charts"]) > 250
    assert min(found["texts"]) > 8, "pixels that letters are high"
    assert found["overlaps"] == []
    assert found["cut"] == []


@pytest.mark.parametrize("width", [1280, 500])
def test_everything_is_there_and_fits(tmp_path, monkeypatch, width):
    run = read_run(sample_run(tmp_path / "alpha"))
    kept = [KeptLevel(sample_level(), 0.25, p / 10) for p in range(10)]
    monkeypatch.setattr("kinetix_core.figures._galleries.kept_levels", lambda path: kept)
    found = asked(tmp_path, report_page([run]), width)
    fits(found)
    assert len(found["charts"]) == 9, (
        "learning; failures; three galleries; entropy, KL, value loss, return"
    )
    assert found["player"] == "true"
    assert found["levels"] == 3 + 24
    assert found["images"] == 3 + 4, "a sheet of each gallery, four failures, in one theme"


@pytest.mark.parametrize("width", [1280, 500])
def test_a_comparison_fits(tmp_path, width):
    runs = [
        read_run(sample_run(tmp_path / f"{name}-{seed}", f"curriculum={name}", f"seed={seed}"))
        for name in ("dr", "sfl")
        for seed in range(3)
    ]
    found = asked(tmp_path, report_page(runs), width)
    fits(found)
    assert len(found["charts"]) == 1 + 3 * 2 + 2 + 2 + 4, (
        "comparison; improvement, heat map, profile of two sets; learning, failures; health"
    )
    assert found["player"] == "true"


@pytest.mark.parametrize("width", [1280, 390])
def test_every_figure_is_readable(tmp_path, width):
    """A study with every part; a window cannot be as narrow as a phone, so it is in a frame."""
    data = example_report()
    names = [name for name in usual_figures(data) if name not in ("replays", "galleries")]
    parts = [figure_section(name, found) for name, found in draw_figures(data, names).items()]
    found = asked(tmp_path, document("A study", "", {}, parts), width, frame=True)
    fits(found)
    assert len(found["sections"]) == len(names)

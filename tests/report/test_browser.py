"""The page in headless Chromium: nothing is wider than the screen, and no panel is empty."""

import json
import os
import re
import subprocess

import pytest

from kinetix_core.figures import KeptLevel
from kinetix_core.report import read_run, report_page
from tests.render.browser import CHROMIUM
from tests.render.sample import sample_level
from tests.report.sample import sample_run

QUESTION = """<script>
addEventListener("load", () => {
  const box = (e) => e.getBoundingClientRect();
  const shown = [...document.querySelectorAll("svg.chart")].filter((e) => box(e).width > 0);
  const inner = document.querySelector("iframe").contentDocument;
  const answer = {
    wide: document.documentElement.scrollWidth - innerWidth,
    sections: [...document.querySelectorAll("section")].map((e) => Math.round(box(e).height)),
    charts: shown.map((e) => Math.round(box(e).width)),
    curves: document.querySelectorAll("svg.chart .line path").length,
    texts: shown.map((e) => box(e).width / e.viewBox.baseVal.width * 12),
    player: inner.documentElement.dataset.ready, levels: inner.querySelectorAll(".card").length,
    images: [...document.querySelectorAll("svg image")].filter((e) => box(e).width > 0).length,
  };
  document.body.innerHTML = "<pre id=answer></pre>";
  document.getElementById("answer").textContent = JSON.stringify(answer);
});
</script>"""


def asked(tmp_path, page, width):
    """What `QUESTION` finds in a frame of that width (a window cannot be that narrow)."""
    if not CHROMIUM:
        pytest.skip("no Chromium on this machine")
    file, profile = tmp_path / "page.html", tmp_path / "profile"
    file.write_text(page.replace("</body></html>", f"{QUESTION}</body></html>"), "utf-8")
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


@pytest.mark.parametrize("width", [1280, 500])
def test_everything_is_there_and_fits(tmp_path, monkeypatch, width):
    run = read_run(sample_run(tmp_path / "alpha"))
    kept = [KeptLevel(sample_level(), 0.25, p / 10) for p in range(10)]
    monkeypatch.setattr("kinetix_core.figures._galleries.kept_levels", lambda path: kept)
    found = asked(tmp_path, report_page([run]), width)
    assert found["wide"] <= 0
    assert min(found["sections"]) > 60
    assert len(found["charts"]) == 8, "learning; entropy, KL, value loss, return; three galleries"
    assert min(found["charts"]) > 250
    assert min(found["texts"]) > 8, "pixels that letters are high"
    assert found["player"] == "true"
    assert found["levels"] == 3 + 24
    assert found["images"] == 3, "a sheet of levels for each gallery, in one theme"


@pytest.mark.parametrize("width", [1280, 500])
def test_a_comparison_fits(tmp_path, width):
    runs = [
        read_run(sample_run(tmp_path / f"{name}-{seed}", f"curriculum={name}", f"seed={seed}"))
        for name in ("dr", "sfl")
        for seed in range(3)
    ]
    found = asked(tmp_path, report_page(runs), width)
    assert found["wide"] <= 0
    assert min(found["sections"]) > 60
    assert len(found["charts"]) == 1 + 3 * 2 + 2 + 4, (
        "comparison; improvement, heat map, profile of two sets; training, random/s; health"
    )
    assert min(found["charts"]) > 250
    assert min(found["texts"]) > 8, "pixels that letters are high"
    assert found["player"] == "true"

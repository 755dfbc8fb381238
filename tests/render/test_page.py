"""The replay page: one file that needs nothing else, and works in a browser."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest

from kinetix_core.errors import RunError
from kinetix_core.render import OUTCOMES, replay_page, write_replay_page
from tests.render.browser import in_browser
from tests.render.sample import sample_recording

ROW = {
    "level": "sample",
    "attempts": 20,
    "solved": 5,
    "solve_rate": 0.25,
    "low": 0.1,
    "high": 0.47,
    "mean_return": 0.1,
}
TITLE = "A <b> & {{DATA}}"


@pytest.fixture(scope="module")
def page() -> str:
    recordings = [sample_recording("sample", outcome) for outcome in OUTCOMES]
    recordings.append(sample_recording("</script><script>bad()"))
    return replay_page(TITLE, recordings, [ROW], "under {{SCRIPT}} it")


def data_of(page: str) -> dict:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.S)
    assert found
    return json.loads(found[1])


def test_the_page_asks_nobody_for_anything(page):
    assert "default-src 'none'" in page
    links = re.findall(r"https?:|//[a-z]+\.|\b(?:src|href)=|\bimport\b|fetch\(|XMLHttp|url\(", page)
    assert links == []


def test_what_is_put_in_stays_text(page):
    assert "<title>A &lt;b&gt; &amp; {{DATA}}</title>" in page
    assert '<p class="muted">under {{SCRIPT}} it</p>' in page
    assert page.count("</script>") == 2
    assert data_of(page)["levels"][1]["name"] == "</script><script>bad()"


def test_recordings_of_one_name_are_attempts_at_one_level(page):
    data = data_of(page)
    assert [len(level["attempts"]) for level in data["levels"]] == [len(OUTCOMES), 1]
    assert [a["outcome"] for a in data["levels"][0]["attempts"]] == list(OUTCOMES)
    assert data["summary"] == [ROW]


def test_a_level_that_is_not_finite_still_makes_a_page():
    recording = sample_recording(outcome="nan")
    recording.position[5:, 4] = np.nan
    recording.level.joints.rotation[:] = np.inf
    assert data_of(replay_page("t", [recording]))["levels"][0]["drawing"]["joints"][0]["rest"] == 0


def test_a_summary_row_without_its_numbers_is_refused():
    row = {k: v for k, v in ROW.items() if k not in ("low", "high")}
    with pytest.raises(ValueError, match="low, high missing"):
        replay_page("t", [sample_recording()], [row])


def test_a_set_without_its_numbers_is_refused():
    with pytest.raises(ValueError, match=r"set .*: solve_rate, solved_at_least_once missing"):
        replay_page("t", [], sets=[{"set": "a", "levels": 3}])


def test_long_recordings_of_many_levels_make_a_small_file():
    rng = np.random.default_rng(0)
    one = sample_recording(steps=256)
    size = one.level.size
    walk = np.cumsum(rng.normal(0, 0.03, (257, size.bodies, 2)), axis=0)
    turn = np.cumsum(rng.normal(0, 0.1, (257, size.bodies)), axis=0)
    recording = replace(one, position=one.position + walk, rotation=one.rotation + turn)
    empty = len(replay_page("t", []))
    assert empty < 60_000
    per_body = (len(replay_page("t", [recording])) - empty) / size.bodies
    # 74 levels, of which the largest has 12 bodies that move.
    assert 74 * 12 * per_body < 3_000_000


def test_an_unwritable_path_is_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match=r"page\.html: cannot be written \(File exists\)"):
        write_replay_page(tmp_path / "file" / "page.html", "t", [])


def test_a_browser_plays_what_was_recorded(tmp_path):
    one, other = sample_recording("one"), sample_recording("two", "time limit")
    page = replay_page("t", [one, other], [{**ROW, "level": "one"}])
    seen = in_browser(
        tmp_path,
        page,
        "(() => {"
        "const say = (...ids) => ids.map((id) => $(id).textContent);"
        "const press = (key) => window.dispatchEvent(new KeyboardEvent('keydown', { key }));"
        "const out = [say('name', 'badge', 'step', 'return')];"
        "press('ArrowRight'); press('ArrowRight'); press('ArrowLeft');"
        "out.push(say('step', 'reward'));"
        "press('End'); out.push(say('step', 'return', 'over'), $('over').hidden);"
        "out.push([9.9, 10].map((time) => player.attempt.control(1, time)));"
        "press('n'); out.push(say('name', 'step'));"
        "player.seek(2.5); const pose = player.attempt.pose(2.5);"
        "out.push([pose.get(4).x, pose.get(5).a, player.attempt.control(0, 2.5)]);"
        "out.push(document.querySelectorAll('.card').length, $('table').rows.length);"
        "const pixels = $('screen').getContext('2d').getImageData(0, 0, 300, 150).data;"
        "const bars = (i) => { player.seek(i); const c = $('chart');"
        "const d = c.getContext('2d').getImageData(0, c.height - 16, c.width, 10).data;"
        "return d.reduce((sum, v) => sum + v, 0); };"
        "out.push(bars(0) < bars(10));"
        "out.push(new Set(pixels).size > 5, document.documentElement.dataset.ready);"
        "return out; })()",
    )
    assert seen[0] == ["one", "solved", "0 / 10", "0"]
    assert seen[1] == ["1 / 10", "+0.012"]
    assert seen[2:4] == [["10 / 10", "+0.123", "solved"], False]
    assert seen[4] == [1, 0]  # the thruster is on in the last step, off once all is over
    assert seen[5] == ["two", "0 / 10"]
    x = 2 + 2.5 * 0.0317
    np.testing.assert_allclose(seen[6], [x, 2.5 * 3.1, np.cos(2)], atol=0.006)
    assert seen[7:] == [2, 2, True, True, "true"]


SET = {"set": "a<b>", "levels": 522, "solve_rate": 0.229, "solved_at_least_once": 130}
RATE, EVER = "mean solve rate", "solved at least once"


@pytest.mark.parametrize(
    ("sets", "head"),
    [
        ([], ["levels: 1 ", f"{RATE}: 25.0 % ", f"{EVER}: 1 of 1"]),
        (
            [SET],
            [
                "levels: 522 1 of them to watch, solved ones first",
                f"{RATE}: 22.9 % of all 522",
                f"{EVER}: 130 of 522",
            ],
        ),
        (
            [SET, {**SET, "set": "c", "solve_rate": 1}],
            [
                "levels: 1044 1 of them to watch, solved ones first",
                f"a<b>: 22.9 % {RATE}; 130 of 522 {EVER}",
                f"c: 100.0 % {RATE}; 130 of 522 {EVER}",
            ],
        ),
    ],
)
def test_the_head_has_the_numbers_of_all_levels_not_of_those_shown(tmp_path, sets, head):
    page = replay_page("t", [sample_recording("sample")], [ROW], sets=sets)
    script = (
        "[...$('facts').children].map((box) => ['dt', 'dd']"
        ".map((part) => box.querySelector(part).textContent).join(': '))"
    )
    assert in_browser(tmp_path, page, script) == [*head, "attempts per level: 20 "]


@pytest.mark.parametrize(("place", "shown"), [("100%", "one"), ("two%20b@0.5", "two b")])
def test_the_address_says_what_is_shown_first(tmp_path, place, shown):
    page = replay_page("t", [sample_recording("one"), sample_recording("two b")])
    script = "[$('name').textContent, document.documentElement.dataset.ready]"
    assert in_browser(tmp_path, page, script, place) == [shown, "true"]

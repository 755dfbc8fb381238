"""Make the pictures of the readme and the documentation from our own levels.

python docs/images/make_pictures.py
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import jax

from kinetix_core.cli import main
from kinetix_core.evaluate import evaluate_policy
from kinetix_core.record import load_run
from kinetix_core.render import contact_sheet_svg, filmstrip_svg
from kinetix_core.scene import load_levels, read_level

HERE = Path(__file__).parent
SHOWN = (
    "s/nudge_the_ball",
    "s/tilt_the_tray",
    "s/golf_swing",
    "s/climb_left",
    "s/pump_the_swing",
    "s/rocket_ball",
    "m/sling_load",
    "l/conveyor",
)


STRIP = "s/hover_across"


def draw_levels() -> None:
    levels = []
    for name in SHOWN:
        scene = read_level(f"handmade/{name}").scene
        levels.append((name.split("/")[1].replace("_", " "), scene))
    sheet = contact_sheet_svg(levels, columns=4, width=960, title="Eight levels")
    (HERE / "levels.svg").write_text(sheet, "utf-8")


def draw_film() -> None:
    words = ["handmade/m/sling_load", "--attempts", "3", "--seed", "5"]
    main(["render", *words, "--out", str(HERE / "sling_load.gif")])


def draw_random() -> None:
    words = ["--generator", "random", "--size", "m", "--count", "24", "--seed", "0"]
    main(["render", *words, "--out", str(HERE / "random_m.png")])


def draw_page() -> None:
    """What Chromium shows of a replay page; left out where there is none."""
    if not (chromium := shutil.which("chromium") or shutil.which("google-chrome")):
        return
    from PIL import Image

    with tempfile.TemporaryDirectory() as place:
        page, shot = Path(place) / "page.html", Path(place) / "shot.png"
        levels = [f"handmade/{name}" for name in SHOWN]
        main(["render", *levels, "--seed", "3", "--out", str(page)])
        command = [chromium, "--headless", "--no-sandbox", "--hide-scrollbars"]
        command += [f"--user-data-dir={place}/profile", "--virtual-time-budget=3000"]
        command += ["--window-size=1200,1000", f"--screenshot={shot}"]
        subprocess.run([*command, f"{page.as_uri()}#handmade/m/sling_load@0.6"], check=True)
        with Image.open(shot) as image:
            image.convert("RGB").save(HERE / "replay_page.png", optimize=True)


def draw_solved(folder: str) -> None:
    run = load_run(folder)
    levels, names, _ = load_levels(f"handmade/{STRIP}", run.task.size)
    found = evaluate_policy(
        run.task, run.params, levels, names, attempts=100, key=jax.random.key(0), record=100
    )
    solved = [r for r in found.recordings if r.outcome == "solved"]
    shortest = min(solved, key=lambda r: r.steps)
    title = f"{STRIP}: a solved attempt from start to end"
    (HERE / "solved.svg").write_text(
        filmstrip_svg(shortest, frames=4, width=960, title=title), "utf-8"
    )


if __name__ == "__main__":
    draw_levels()
    draw_film()
    draw_random()
    draw_page()
    for folder in sys.argv[1:]:
        draw_solved(folder)

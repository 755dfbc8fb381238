"""Make the pictures of the readme and the documentation from our own levels.

python docs/images/make_pictures.py
"""

import sys
from pathlib import Path

import jax

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
    for folder in sys.argv[1:]:
        draw_solved(folder)

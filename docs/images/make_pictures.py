"""Make the pictures of the readme and the documentation from our own levels.

python docs/images/make_pictures.py
"""

from pathlib import Path

from kinetix_core.render import contact_sheet_svg
from kinetix_core.scene import read_level

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


def main() -> None:
    levels = []
    for name in SHOWN:
        scene = read_level(f"handmade/{name}").scene
        levels.append((name.split("/")[1].replace("_", " "), scene))
    sheet = contact_sheet_svg(levels, columns=4, width=960, title="Eight levels")
    (HERE / "levels.svg").write_text(sheet, "utf-8")


if __name__ == "__main__":
    main()

"""Make the pictures of the readme and the documentation from our own levels.

python docs/images/make_pictures.py
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
from kinetix_curricula._accel import START_LEVELS

from kinetix_core.cli import main
from kinetix_core.compose import build_task, compose_run
from kinetix_core.evaluate import evaluate_policy
from kinetix_core.record import load_run
from kinetix_core.registry import registry
from kinetix_core.render import contact_sheet_svg, filmstrip_svg
from kinetix_core.scene import (
    BLUE,
    GREEN,
    Motor,
    Scene,
    SceneBuilder,
    load_levels,
    read_level,
)

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


def cart() -> Scene:
    """A level of size m in which every mutation has something to do."""
    builder = SceneBuilder("m")
    body = builder.rectangle((2.2, 1.2), width=1.8, height=0.3)
    wheel = builder.circle((1.6, 0.9), radius=0.35)
    builder.revolute_joint(body, wheel, anchor=(1.6, 0.9), motor=Motor(speed=2.0))
    builder.circle((2.6, 1.6), radius=0.25, role=GREEN)
    builder.circle((4.3, 2.6), radius=0.35, role=BLUE, fixated=True)
    builder.thruster(body, position=(1.4, 1.2), power=2.0)
    return jax.tree.map(jnp.asarray, builder.build())


def clearest(before: Scene, after: Scene) -> int:
    """Which of several edits is seen best: bodies moved, turned, resized, added or removed."""
    new, old = jax.vmap(lambda scene: scene.bodies)(after), before.bodies
    polygon = np.arange(before.size.bodies) < before.size.polygons  # a turned circle looks alike
    change = np.abs(new.rotation - old.rotation[None]) * polygon[None]
    for name in ("position", "vertices", "radius", "active", "role"):
        difference = np.abs(np.float32(getattr(new, name)) - np.float32(getattr(old, name)))
        change = change + difference.reshape(*change.shape, -1).sum(-1)
    return int((change * new.active).sum(1).argmax())


def draw_mutations() -> None:
    """A level, and the same level after one edit of each kind that can be seen."""
    names = [name for name in registry().names("mutation") if name != "change_gravity"]
    words = ["size=m", "generator=empty", "curriculum=accel", f"mutation=[{','.join(names)}]"]
    level, levels = cart(), [("the level", cart())]
    mutations = build_task(compose_run(words)).mutations
    for name, mutation in zip(names, mutations, strict=True):
        keys = jax.random.split(jax.random.key(0), 8)
        edited = jax.jit(jax.vmap(mutation.mutate, in_axes=(0, None)))(keys, level)
        best = clearest(level, edited)
        levels.append((name.replace("_", " "), jax.tree.map(lambda x, i=best: x[i], edited)))
    sheet = contact_sheet_svg(levels, columns=4, width=960, title="Edits of a level")
    (HERE / "mutations.svg").write_text(sheet, "utf-8")


def draw_start_levels() -> None:
    """What `curriculum.start_from_empty` begins with."""
    words = [f"{name}={value}" for name, value in START_LEVELS.items() if name != "floor_roles"]
    run = compose_run(
        ["size=m", "generator=random", "generator.floor_roles=[1,0,0,0]"]
        + [f"generator.{word}" for word in words]
    )
    made = build_task(run, ("generator",)).generator.sample(jax.random.key(0), 8)
    levels = [("", jax.tree.map(lambda x, i=i: x[i], made)) for i in range(8)]
    sheet = contact_sheet_svg(levels, columns=4, width=960, title="Eight start levels")
    (HERE / "start_levels.svg").write_text(sheet, "utf-8")


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
    draw_mutations()
    draw_start_levels()
    draw_page()
    for folder in sys.argv[1:]:
        draw_solved(folder)

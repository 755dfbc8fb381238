"""Ten million environment steps of each size: random levels, random states, random actions.

    python benchmarks/endurance.py [--steps 10000000] [--sizes s,m,l] [--out FOLDER]

Fails (status 1) where a state that is not finite is not reported by its transition, where one is
reported that is finite, or where memory grows. One start in a hundred is broken on purpose, so
that the report is seen to work.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from kinetix_core.bench.report import Report, Table, render, store
from kinetix_core.env import Environment, MultiDiscreteActions, reset_where
from kinetix_core.env.action_config import MultiDiscreteConfig
from kinetix_core.errors import KinetixError, SettingError
from kinetix_core.interfaces import Task
from kinetix_core.registry import registry
from kinetix_core.scene import SIZES, Scene

ENVS = 4096
LENGTH = 64
"""Environment steps per call."""
POOL = 1024
"""Levels at once; new ones for every call."""
BROKEN = 0.01
GROWTH = 32.0
"""MiB by which memory may grow after a tenth of the calls."""


def main() -> int:
    parser = argparse.ArgumentParser(description="Random actions on random states.")
    parser.add_argument("--steps", type=int, default=10_000_000, help="of each size (%(default)s)")
    parser.add_argument("--sizes", default="s,m,l", help="scene sizes (%(default)s)")
    parser.add_argument("--kernel", default="native", help="engine.kernel (%(default)s)")
    parser.add_argument("--generator", default="random", help="of levels (%(default)s)")
    parser.add_argument("--out", metavar="FOLDER", help="store the result there as JSON and text")
    args = parser.parse_args()
    given = {name: value for name, value in vars(args).items() if name != "out"}
    words = [
        f"--{name} {value}" for name, value in given.items() if value != parser.get_default(name)
    ]
    report = Report("endurance", " ".join(["python benchmarks/endurance.py", *words]))
    try:
        for name in args.sizes.split(","):
            if name not in SIZES:
                raise SettingError(f"sizes={args.sizes}: {name} is none; known: s, m, l")
            report.data[name] = endure(name, args)
    except KinetixError as error:
        print(f"endurance: error: {error}", file=sys.stderr)
        return 2
    report.tables += [summary(report.data), memory(report.data)]
    faults = [
        f"{name}: {fault}" for name, found in report.data.items() for fault in found["faults"]
    ]
    report.notes.append(
        "; ".join(faults) or "every state that is not finite was reported, memory flat"
    )
    print(render(report))
    if args.out:
        print(f"stored as {store(report, args.out)}", file=sys.stderr)
    return 1 if faults else 0


def environment(name: str, args: argparse.Namespace) -> Environment:
    """With the engine's kernel and generator that were asked for."""
    task = Task(size=SIZES[name])
    known = registry()
    engine = known.config_class("engine", "jax2d")(kernel=args.kernel)
    task = replace(task, engine=known.build("engine", "jax2d", engine, task))
    generator = known.config_class("generator", args.generator)()
    task = replace(task, generator=known.build("generator", args.generator, generator, task))
    return Environment(replace(task, action=MultiDiscreteActions(MultiDiscreteConfig(), task)))


def shaken(levels: Scene, key: jax.Array) -> Scene:
    """Half of the levels with bodies elsewhere, turned and fast; a few of all broken."""
    keys = jax.random.split(key, 4)
    half = jnp.arange(POOL) % 2 == 0
    broken = jax.random.uniform(keys[3], (POOL,)) < BROKEN

    def moved(bodies: Any, key: jax.Array) -> Any:
        keys = jax.random.split(key, 4)
        free = (bodies.inverse_mass != 0) & half[:, None]

        def add(field: Any, key: jax.Array, scale: float) -> jax.Array:
            mask = free.reshape(free.shape + (1,) * (field.ndim - 2))
            return jnp.where(mask, field + scale * jax.random.normal(key, field.shape), field)

        return replace(
            bodies,
            position=add(bodies.position, keys[0], 1.0),
            rotation=add(bodies.rotation, keys[1], 2.0),
            velocity=add(bodies.velocity, keys[2], 8.0),
            angular_velocity=add(bodies.angular_velocity, keys[3], 15.0),
        )

    polygons, circles = moved(levels.polygons, keys[0]), moved(levels.circles, keys[1])
    sick = jnp.where(broken[:, None], jnp.nan, circles.rotation)
    return replace(levels, polygons=polygons, circles=replace(circles, rotation=sick))


def program(env: Environment) -> tuple[Any, Any]:
    """Jitted: (key) -> states of a pool of levels, (states, pool, key) -> (states, counts)."""
    generator, action = env.task.generator, env.task.action
    assert generator is not None
    assert action is not None

    def pool(key: jax.Array) -> Any:
        levels = generator.sample(key, POOL)
        return jax.vmap(env.reset)(shaken(levels, jax.random.fold_in(key, 1)))

    def finite(state: Any) -> jax.Array:
        """Looked at in another way than the environment does."""
        bodies = env.scene(state).bodies
        fields = (bodies.position, bodies.rotation, bodies.velocity, bodies.angular_velocity)
        return jnp.all(jnp.isfinite(jnp.concatenate([field.reshape(-1) for field in fields])))

    def play(states: Any, fresh: Any, key: jax.Array) -> Any:
        def step(states: Any, key: jax.Array) -> Any:
            keys = jax.random.split(key, ENVS + 1)
            actions = jax.vmap(action.sample)(keys[1:])
            after, seen = jax.vmap(env.step)(states, actions)
            whole = jax.vmap(finite)(after)
            counts = {
                "episodes": jnp.sum(seen.done),
                "solved": jnp.sum(seen.goal),
                "reported": jnp.sum(seen.nonfinite),
                "unreported": jnp.sum(~whole & ~seen.nonfinite),
                "wrongly reported": jnp.sum(whole & seen.nonfinite),
                "rewards not finite": jnp.sum(~jnp.isfinite(seen.reward)),
            }
            index = jax.random.randint(keys[0], (ENVS,), 0, POOL)
            return reset_where(seen.done, after, fresh, index), counts

        states, counts = jax.lax.scan(step, states, jax.random.split(key, LENGTH))
        return states, jax.tree.map(lambda x: jnp.sum(x, axis=0), counts)

    return jax.jit(pool), jax.jit(play, donate_argnums=0)


def endure(name: str, args: argparse.Namespace) -> dict[str, Any]:
    """One size. `memory`: MiB along the way."""
    pool, play = program(environment(name, args))
    calls = -(-args.steps // (ENVS * LENGTH))
    key = jax.random.key(0)
    states = jax.tree.map(lambda x: jnp.concatenate([x] * (ENVS // POOL)), pool(key))
    total: dict[str, int] = {}
    along = []
    for call in range(calls):
        keys = jax.random.split(jax.random.fold_in(key, call))
        states, counts = play(states, pool(keys[0]), keys[1])
        for what, count in jax.device_get(counts).items():
            total[what] = total.get(what, 0) + int(count)
        along.append(resident())
        if (call + 1) % max(1, calls // 8) == 0:
            steps = (call + 1) * ENVS * LENGTH
            print(f"{name}: {steps:,} steps, {along[-1]:.0f} MiB, {total}", file=sys.stderr)
    warm = calls // 10
    growth = max(along[warm:]) - along[warm]
    checks = {
        "a state that is not finite went unreported": total["unreported"] > 0,
        "a finite state was reported": total["wrongly reported"] > 0,
        "no broken start was reported": total["reported"] == 0,
        f"memory grew by {growth:.0f} MiB": growth > GROWTH,
    }
    return {
        "steps": calls * ENVS * LENGTH,
        **total,
        "memory": along,
        "growth": growth,
        "faults": [fault for fault, found in checks.items() if found],
    }


def resident() -> float:
    """Memory of this process, MiB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 2**20


def summary(data: dict[str, Any]) -> Table:
    columns = ("steps", "episodes", "solved", "reported", "unreported", "wrongly reported")
    columns += ("rewards not finite", "growth")
    return Table(
        "Random actions on random states",
        ("size", *columns),
        tuple((name, *(found[column] for column in columns)) for name, found in data.items()),
        "Environment steps; episodes that ended, were solved, ended for a state that is not finite"
        " (broken starts among them); growth of resident memory after the first tenth, in MiB.",
    )


def memory(data: dict[str, Any]) -> Table:
    marks = np.linspace(0, 1, 9)
    return Table(
        "Resident memory along the way, MiB",
        ("size", *(f"{mark:.0%}" for mark in marks)),
        tuple(
            (name, *(found["memory"][round(mark * (len(found["memory"]) - 1))] for mark in marks))
            for name, found in data.items()
        ),
    )


if __name__ == "__main__":
    sys.exit(main())

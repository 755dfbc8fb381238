"""The levels that `kinetix render` shows, and attempts at them."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from kinetix_core.compose import ComposedRun, build_task, compose_run
from kinetix_core.scene import LevelSet, SceneSize, load_levels, parse_size

from ._render_request import Request

if TYPE_CHECKING:
    from kinetix_core.interfaces import Task
    from kinetix_core.render import Recording


def find(request: Request, size: SceneSize | None = None) -> LevelSet:
    """Levels on the host, in `size` if it is given. Raises `KinetixError`s as their sources do."""
    if request.generator:
        return _generated(request, size)
    wanted = size or (parse_size(request.size) if request.size else None)
    return load_levels(request.levels, wanted)


def _generated(request: Request, size: SceneSize | None) -> LevelSet:
    """Levels that a generator draws, each with its number as its name."""
    import jax

    composed = _composed(request, _size_setting(size) if size else request.size or "s")
    generator = build_task(composed, ("engine", "action", "generator")).generator
    assert generator is not None
    sample = jax.jit(generator.sample, static_argnums=1)
    scenes = jax.device_get(sample(jax.random.key(request.seed), request.count))
    names = [f"{request.generator} {i}" for i in range(request.count)]
    return LevelSet(scenes, tuple(names))


def play(request: Request) -> tuple[Recording, ...]:
    """Attempts at the levels by the policy that is asked for, all of them recorded."""
    import jax

    from kinetix_core.evaluate import evaluate_seeds

    task, params, seeds, levels = _cast(request)
    if request.steps:
        task = replace(task, env=replace(task.env, max_timesteps=request.steps))
    evaluations = evaluate_seeds(
        task,
        params,
        seeds,
        levels.levels,
        levels.names,
        request.attempts,
        jax.random.key(request.seed),
        record=request.attempts,
    )
    recordings = [r for evaluation in evaluations for r in evaluation.recordings]
    if len(recordings) == len(levels.names):  # one attempt at each: its number says nothing
        recordings = [replace(r, label="") for r in recordings]
    return tuple(recordings)


def _cast(request: Request) -> tuple[Task, Any, int, LevelSet]:
    """Who plays (task, parameters, number of policies) and what."""
    if request.run:
        from kinetix_core.record import load_run

        loaded = load_run(request.policy)
        levels = find(request, loaded.task.size)
        return loaded.task, loaded.params, loaded.composed.num_seeds, levels
    from kinetix_core.render import with_policy

    levels = find(request)
    composed = _composed(request, _size_setting(levels.levels.size))
    task = build_task(composed, ("engine", "action"))
    return with_policy(task, request.policy), (), 1, levels


def _composed(request: Request, size: str) -> ComposedRun:
    """A run of this size with the settings that were given."""
    if request.generator:
        chosen = [f"generator={request.generator}"]
    else:
        # Levels are at hand already; the generator is not built, but must be complete.
        chosen = ["generator=files", "generator.levels=given"]
    return compose_run([*chosen, f"size={size}", *request.settings])


def _size_setting(size: SceneSize) -> str:
    """A size as it is written in settings."""
    counts = ", ".join(f"{name}: {count}" for name, count in asdict(size).items())
    return f"{{{counts}}}"

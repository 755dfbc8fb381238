"""One fresh process that imports, compiles and runs a rollout, and says what each part took.

Run as `python -m kinetix_core.bench._probe ENGINE SIZE [SETTING...]`; prints one line of JSON:
`{stage: [CPU seconds, wall seconds, CPU seconds of finished child processes]}`.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence

PUBLISHED = "package:jax2d"
SCENES, STEPS = 256, 64


class Stages:
    """CPU and wall seconds of this process and its children, stage by stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, tuple[float, ...]] = {}
        # the interpreter's own start belongs to the first stage
        self._now = (0.0, time.perf_counter(), 0.0)

    def done(self, name: str) -> None:
        """The stage `name` ends now."""
        before = self._now
        self.skip()
        self.seconds[name] = tuple(b - a for a, b in zip(before, self._now, strict=True))

    def skip(self) -> None:
        """What was done since the last stage is not counted."""
        self._now = (time.process_time(), time.perf_counter(), children_cpu())


def children_cpu() -> float:
    """CPU seconds of child processes that have ended, and of theirs; 0 where not known."""
    try:
        import resource
    except ImportError:
        return 0.0
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def probe(
    engine_name: str, size_name: str, settings: Sequence[str] = ()
) -> dict[str, tuple[float, ...]]:
    """Every stage of a cold start, for a registered engine or for `PUBLISHED`."""
    stages = Stages()
    import jax
    import jax.numpy as jnp

    from kinetix_core.interfaces import EngineState
    from kinetix_core.scene import SIZES, empty_scene, stack_scenes

    jax.config.update("jax_enable_compilation_cache", False)
    size = SIZES[size_name]
    if engine_name == PUBLISHED:
        from ._published import PublishedEngine

        engine = PublishedEngine(size)
    else:
        from ._parts import build_engine

        engine = build_engine(engine_name, size, settings=settings)
    stages.done("import")

    scenes = stack_scenes([empty_scene(size)] * SCENES)
    states = jax.block_until_ready(jax.jit(jax.vmap(engine.init))(scenes))
    stages.done("init")

    one, inputs = jax.tree.map(lambda x: x[0], states), size.joints + size.thrusters
    stages.skip()
    jax.jit(engine.step).lower(one, jnp.zeros(inputs))
    stages.done("kernel")

    def rollout(states: EngineState, controls: jax.Array) -> EngineState:
        def step(states: EngineState, _: None) -> tuple[EngineState, None]:
            return jax.vmap(engine.step)(states, controls)[0], None

        return jax.lax.scan(step, states, None, length=STEPS)[0]

    controls = jnp.zeros((SCENES, inputs))
    stages.skip()
    lowered = jax.jit(rollout).lower(states, controls)
    stages.done("trace")
    compiled = lowered.compile()
    stages.done("compile")
    states = jax.block_until_ready(compiled(states, controls))
    stages.done("run")
    jax.block_until_ready(jax.jit(jax.vmap(engine.scene))(states))
    stages.done("scene")
    return stages.seconds


if __name__ == "__main__":
    sys.stdout.write(json.dumps(probe(sys.argv[1], sys.argv[2], sys.argv[3:])) + "\n")

"""One fresh process that imports, compiles and runs a rollout, and says what each part took.

Run as `python -m kinetix_core.bench._probe ENGINE SIZE`; prints one line of JSON:
`{stage: [CPU seconds, wall seconds, CPU seconds of finished child processes]}`.
"""

from __future__ import annotations

import json
import sys
import time

PUBLISHED = "package:jax2d"
SCENES, STEPS = 256, 64


class Stages:
    """CPU and wall seconds of this process and its children, stage by stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, tuple[float, float, float]] = {}
        # the interpreter's own start belongs to the first stage
        self._cpu, self._wall, self._children = 0.0, time.perf_counter(), 0.0

    def done(self, name: str) -> None:
        """The stage `name` ends now."""
        cpu, wall, children = time.process_time(), time.perf_counter(), children_cpu()
        self.seconds[name] = (cpu - self._cpu, wall - self._wall, children - self._children)
        self._cpu, self._wall, self._children = cpu, wall, children


def children_cpu() -> float:
    """CPU seconds of child processes that have ended, and of theirs; 0 where not known."""
    try:
        import resource
    except ImportError:
        return 0.0
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def probe(engine_name: str, size_name: str) -> dict[str, tuple[float, float, float]]:
    """Every stage of a cold start, for a registered engine or for `PUBLISHED`."""
    stages = Stages()
    import jax
    import jax.numpy as jnp

    from kinetix_core.scene import SIZES, Scene, empty_scene, stack_scenes

    jax.config.update("jax_enable_compilation_cache", False)
    size = SIZES[size_name]
    if engine_name == PUBLISHED:
        from ._published import PublishedEngine

        engine = PublishedEngine(size)
    else:
        from ._parts import build_engine

        engine = build_engine(engine_name, size)
    stages.done("import")

    controls = jnp.zeros(size.joints + size.thrusters)
    jax.eval_shape(lambda scene: engine.step(engine.init(scene), controls), empty_scene(size))
    stages.done("kernel")

    def rollout(scene: Scene, controls: jax.Array) -> Scene:
        def step(state, _):
            return engine.step(state, controls)[0], None

        return engine.scene(jax.lax.scan(step, engine.init(scene), None, length=STEPS)[0])

    scenes = stack_scenes([empty_scene(size)] * SCENES)
    many = jnp.zeros((SCENES, len(controls)))
    stages.done("")
    lowered = jax.jit(jax.vmap(rollout)).lower(scenes, many)
    stages.done("trace")
    compiled = lowered.compile()
    stages.done("compile")
    jax.block_until_ready(compiled(scenes, many))
    stages.done("first run")
    del stages.seconds[""]
    return stages.seconds


if __name__ == "__main__":
    sys.stdout.write(json.dumps(probe(sys.argv[1], sys.argv[2])) + "\n")

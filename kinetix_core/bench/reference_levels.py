"""Times the published level generator; run by another Python, which has `kinetix-env` and not us.

`python -I reference_levels.py POLYGONS CIRCLES JOINTS THRUSTERS LEVELS` is one fresh process that
measures a cold start and the rate after it, as `generator_speed.probe` does for ours, and prints
one line of JSON. With no argument it prints the versions that count instead.
"""

import importlib
import importlib.metadata
import json
import platform
import sys
import time

SECONDS = 2.0  # wall time for which levels are made once everything is compiled
PACKAGES = ("kinetix-env", "jax2d", "jax", "jaxlib", "numpy")


def versions():
    """Of Python and of the packages; one that is missing is left out."""
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def probe(polygons, circles, joints, thrusters, levels):
    """One cold start of this process, and the rate after it."""
    jax = importlib.import_module("jax")
    states = importlib.import_module("kinetix.environment.env_state")
    generators = importlib.import_module("kinetix.environment.ued.ued")
    jax.config.update("jax_enable_compilation_cache", False)
    size = states.StaticEnvParams().replace(
        num_polygons=polygons,
        num_circles=circles,
        num_joints=joints,
        num_thrusters=thrusters,
        frame_skip=2,
    )
    one = generators.make_reset_fn_sample_kinetix_level(states.EnvParams(), size)
    sample = jax.jit(lambda key: jax.vmap(one)(jax.random.split(key, levels)))
    jax.block_until_ready(sample(jax.random.PRNGKey(0)))
    cold_cpu, first, calls = time.process_time(), time.perf_counter(), 0
    while calls == 0 or time.perf_counter() - first < SECONDS:
        calls += 1
        jax.block_until_ready(sample(jax.random.PRNGKey(calls)))
    rate = calls * levels / max(time.process_time() - cold_cpu, 1e-9)
    after = time.perf_counter() - first
    return {"cold_cpu": cold_cpu, "per_cpu_second": rate, "after": after}


if __name__ == "__main__":
    numbers = [int(text) for text in sys.argv[1:]]
    sys.stdout.write(json.dumps(probe(*numbers) if numbers else versions()) + "\n")

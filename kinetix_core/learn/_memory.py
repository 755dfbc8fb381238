"""What a run needs of memory, before anything of it is allocated."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp

from kinetix_core.errors import RunError

from ._setup import Setup
from ._update import TrainState

_log = logging.getLogger(__name__)

_SCALARS_OF_A_STEP = 7 * 4 + 5  # of `Step`: five floats, two integers, five flags


@dataclass(frozen=True)
class Memory:
    """Bytes, by what they are for. `update`: of the whole compiled update, all of it included."""

    parameters: int  # and the optimiser
    environments: int
    curriculum: int
    rollout: int
    update: int | None = None

    @property
    def total(self) -> int:
        """Of the compiled update; before it is compiled, the least that it can be."""
        known = self.parameters + self.environments + self.curriculum + self.rollout
        return max(known, self.update or 0)


def check_memory(
    setup: Setup, state: TrainState, seeds: int, compiled_update: Callable[[], Any]
) -> Memory:
    """Log what a run needs, and raise `RunError` where that cannot fit.

    Of the state only shapes are looked at. `compiled_update` is called where it may fit.
    """
    available = available_bytes() if setup.train.check_memory else None
    memory = estimate(setup, state, seeds)
    _refuse(setup, memory, available)  # before the time that compiling takes
    memory = replace(memory, update=program_bytes(compiled_update()))
    _refuse(setup, memory, available)
    of = f" of {readable(available)} available" if available is not None else ""
    _log.info("memory: %s%s (%s)", readable(memory.total), of, _parts(setup, memory))
    return memory


def estimate(setup: Setup, state: TrainState, seeds: int) -> Memory:
    """By part, from the shapes of a state. The rollout is kept for one seed at a time."""
    seen = state.players.observation
    assert setup.task.action is not None
    action = jax.eval_shape(setup.task.action.sample, jax.random.key(0))
    per_step = tree_bytes(seen) // seeds
    per_step += setup.ppo.num_envs * (tree_bytes(action) + _SCALARS_OF_A_STEP)
    return Memory(
        parameters=tree_bytes((state.params, state.opt_state)),
        environments=tree_bytes((state.players, state.pool)),
        curriculum=tree_bytes(state.curriculum),
        rollout=per_step * setup.ppo.num_steps,
    )


def program_bytes(update: Any) -> int | None:
    """Of the compiled update with its arguments, results and all in between; None: unknown."""
    found = update.memory_analysis()
    if found is None:
        return None
    sizes = found.argument_size_in_bytes + found.output_size_in_bytes + found.temp_size_in_bytes
    return sizes - found.alias_size_in_bytes


def tree_bytes(tree: Any) -> int:
    """Of all arrays; a random key is two words."""
    return sum(
        leaf.size * (8 if jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key) else leaf.dtype.itemsize)
        for leaf in jax.tree.leaves(tree)
    )


def available_bytes() -> int | None:
    """Of the device that computes; None where it does not say."""
    device = jax.devices()[0]
    if device.platform == "cpu":
        return _host_bytes()
    found = device.memory_stats() or {}
    limit = found.get("bytes_limit")
    return None if limit is None else limit - found.get("bytes_in_use", 0)


def _host_bytes(proc: Path = Path("/proc"), groups: Path = Path("/sys/fs/cgroup")) -> int | None:
    """What Linux says is available, or what is left to a container or job, whichever is less."""
    found = []
    with suppress(OSError, StopIteration):
        lines = (proc / "meminfo").read_text().splitlines()
        found.append(1024 * int(next(x for x in lines if x.startswith("MemAvailable")).split()[1]))
    with suppress(OSError):
        own = (proc / "self" / "cgroup").read_text().rpartition("::")[2].strip().strip("/")
        group = groups / own
        for folder in (group, *group.parents[: len(Path(own).parts)]):
            with suppress(OSError, ValueError):  # ValueError: its limit is "max"
                found.append(_group_bytes(folder))
    return min(found, default=None)


def _group_bytes(folder: Path) -> int:
    """Left to a control group; what it keeps of files is given back when needed."""
    left = int((folder / "memory.max").read_text())
    left -= int((folder / "memory.current").read_text())
    statistics = dict(x.split() for x in (folder / "memory.stat").read_text().splitlines())
    return left + int(statistics.get("inactive_file", 0))


def _refuse(setup: Setup, memory: Memory, available: int | None) -> None:
    if available is None or memory.total <= available:
        return
    raise RunError(
        f"this run needs {readable(memory.total)} of memory, and {readable(available)} are "
        f"available ({_parts(setup, memory)}); {_way_out(setup, memory, available)}; "
        "train.check_memory=false starts it all the same"
    )


def _way_out(setup: Setup, memory: Memory, available: int) -> str:
    """The settings that take most, and how many environments would about fit."""
    ppo, rest = setup.ppo, memory.total - memory.rollout - memory.environments
    fixed = memory.parameters + memory.curriculum
    if memory.parameters > available:
        return "choose a smaller network"
    if memory.curriculum > available:
        return "let the curriculum keep fewer levels (curriculum.buffer_size where it has one)"
    share = (available - fixed) / (memory.total - fixed)
    envs = int(ppo.num_envs * share) // ppo.num_minibatches * ppo.num_minibatches
    ways = [f"try ppo.num_envs={envs}" if envs > 0 else "make ppo.num_envs smaller"]
    if memory.rollout > memory.environments:
        ways.append(f"ppo.num_steps below {ppo.num_steps}")
    if rest > memory.rollout:
        batch = getattr(setup.curriculum.config, "batch_size", 0)
        if batch > ppo.num_envs:
            ways.insert(0, f"curriculum.batch_size below {batch}")
        ways.append(f"ppo.num_minibatches above {ppo.num_minibatches}")
    return ", or ".join(ways)


def _parts(setup: Setup, memory: Memory) -> str:
    ppo = setup.ppo
    parts = [
        f"rollout {readable(memory.rollout)}: {ppo.num_steps} steps of {ppo.num_envs} environments",
        f"environments {readable(memory.environments)}",
        f"parameters and optimiser {readable(memory.parameters)}",
        f"curriculum {readable(memory.curriculum)}",
    ]
    known = memory.parameters + memory.environments + memory.curriculum + memory.rollout
    if memory.update is not None:
        parts.append(f"play and learning on top {readable(max(memory.update - known, 0))}")
    return ", ".join(parts)


def readable(count: int) -> str:
    """A number of bytes, for people."""
    for unit, least in (("GB", 1e9), ("MB", 1e6)):
        if count >= least:
            return f"{count / least:.2f} {unit}"
    return f"{count / 1e3:.1f} kB"

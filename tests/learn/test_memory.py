"""What a run needs of memory is known before anything of it is allocated."""

from __future__ import annotations

from dataclasses import replace

import jax
import jax.numpy as jnp
import pytest

from kinetix_core.cli import main
from kinetix_core.errors import RunError
from kinetix_core.learn import _memory as module
from kinetix_core.learn._memory import Memory, check_memory, estimate, program_bytes, tree_bytes
from kinetix_core.learn._rollout import Pool, begin, rollout
from tests.learn import probe


def test_the_rollout_is_estimated_to_the_byte(learnt):
    setup, _, first, *_ = learnt

    def steps(state):
        levels = setup.task.generator.sample(jax.random.key(0), setup.ppo.num_envs)
        pool = Pool.of(setup, jax.vmap(setup.environment.reset)(levels))
        return rollout(setup, state.params, begin(setup, pool), pool, state.key)[1]

    assert estimate(setup, first, 1).rollout == tree_bytes(jax.eval_shape(steps, first))


def test_the_parts_are_those_of_the_state(learnt):
    setup, _, first, *_ = learnt
    found = estimate(setup, first, 1)
    rest = tree_bytes((first.key, first.update))
    assert found.parameters + found.environments + found.curriculum + rest == tree_bytes(first)
    two = jax.eval_shape(lambda s: jax.tree.map(lambda x: jnp.stack([x, x]), s), first)
    both = estimate(setup, two, 2)
    assert both.environments == 2 * found.environments
    assert both.rollout == found.rollout, "seeds play one after the other"


def test_the_compiled_update_says_what_it_needs_without_being_compiled_again(learnt, caplog):
    setup, jitted, first, _, _, traces = learnt
    caplog.set_level("INFO", logger="kinetix_core.learn")
    update = jitted.lower(first).compile
    update()  # what was traced may be forgotten by now: tests of others clear caches
    before = len(traces)
    found = check_memory(setup, jax.eval_shape(lambda: first), 1, update)
    assert found.update == program_bytes(update())
    assert found.total == found.update > found.rollout + found.environments
    assert f"memory: {found.total / 1e3:.1f} kB of " in caplog.text
    assert len(traces) == before


def never_compiled():
    raise AssertionError


def test_what_cannot_fit_is_refused_with_numbers_before_it_is_compiled(learnt, monkeypatch):
    setup, _, first, *_ = learnt
    monkeypatch.setattr(module, "available_bytes", lambda: 40_000)
    with pytest.raises(RunError) as refused:
        check_memory(setup, first, 1, never_compiled)
    text = str(refused.value)
    assert "40.0 kB are available (rollout 45.6 kB: 16 steps of 32 environments" in text
    assert "num_envs" in text
    assert "train.check_memory=false" in text
    assert "\n" not in text


def test_what_only_the_compiled_update_shows_is_refused_too(learnt, monkeypatch):
    setup, jitted, first, *_ = learnt
    known = estimate(setup, first, 1)
    monkeypatch.setattr(module, "available_bytes", lambda: known.total + 1)
    with pytest.raises(RunError, match="play and learning on top"):
        check_memory(setup, first, 1, jitted.lower(first).compile)
    allowed = replace(setup, train=replace(setup.train, check_memory=False))
    assert check_memory(allowed, first, 1, jitted.lower(first).compile).update


GB = 10**9


@pytest.mark.parametrize(
    ("memory", "way_out"),
    [
        (Memory(GB, GB, 0, 8 * GB), "try ppo.num_envs=14, or ppo.num_steps below 16"),
        (Memory(GB, GB, 0, GB, 12 * GB), "or ppo.num_minibatches above 2"),
        (Memory(GB, GB, 9 * GB, GB), "curriculum.buffer_size"),
        (Memory(6 * GB, GB, 0, GB), "a smaller network"),
        (Memory(3 * GB, GB, 3 * GB, GB), "make ppo.num_envs smaller"),
    ],
)
def test_the_settings_to_change_are_named(memory, way_out):
    setup = probe.probe_setup(probe.REWARDED)
    with pytest.raises(RunError, match=way_out):
        module._refuse(setup, memory, 5 * GB)
    module._refuse(setup, memory, 13 * GB)
    module._refuse(setup, memory, None)


def test_a_container_or_job_with_less_than_the_machine_has_is_believed(tmp_path):
    proc, groups = tmp_path / "proc", tmp_path / "groups"
    (proc / "self").mkdir(parents=True)
    assert module._host_bytes(proc, groups) is None
    (proc / "meminfo").write_text("MemTotal: 9000 kB\nMemAvailable:    4000 kB\n")
    assert module._host_bytes(proc, groups) == 4_096_000
    (proc / "self" / "cgroup").write_text("0::/jobs/one\n")
    for name, limit in (("jobs", "3000000"), ("jobs/one", "max")):
        (groups / name).mkdir(parents=True)
        (groups / name / "memory.max").write_text(limit + "\n")
        (groups / name / "memory.current").write_text("2000000\n")
        (groups / name / "memory.stat").write_text("anon 5\ninactive_file 500000\n")
    assert module._host_bytes(proc, groups) == 1_500_000


def test_the_command_refuses_with_one_line_and_trains_nothing(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(module, "available_bytes", lambda: 10**9)
    huge = ["levels=handmade/s", "ppo.num_envs=1_000_000", f"train.directory={tmp_path}"]
    assert main(["train", *huge, "train.name=huge"]) == 2
    error = capsys.readouterr().err.strip().splitlines()[-1]
    assert error.startswith("kinetix: error: this run needs ")
    assert "1.00 GB are available" in error
    assert not (tmp_path / "huge" / "metrics.jsonl").exists()

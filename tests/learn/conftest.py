"""One run that several files look at."""

from __future__ import annotations

import jax
import pytest

from kinetix_core.learn import init_state, update
from tests.learn import probe


@pytest.fixture(scope="session")
def learnt():
    """A run on the three solvable probes: metrics per update, final state, traces counted."""
    setup = probe.probe_setup(probe.REWARDED, probe.ACTION, probe.DELAYED)
    traces = []

    def step(state):
        traces.append(1)
        return update(setup, state)

    jitted = jax.jit(step)
    state = jax.jit(lambda s: init_state(setup, s))(0)
    first = state
    history = []
    for _ in range(40):
        state, metrics, _ = jitted(state)
        history.append(jax.device_get(metrics))
    assert len(traces) == 1, "a later update was traced again"
    return setup, jitted, first, state, history, traces

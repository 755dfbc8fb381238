"""Parts of a run are held to what they promised each other, while it is traced: nothing is run.

A part that gives other shapes than it says would otherwise train silently, or fail somewhere deep.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp

from kinetix_core.errors import PluginError
from kinetix_core.interfaces import (
    Box,
    Discrete,
    MultiDiscrete,
    Observation,
    Parameters,
    Proposal,
    Record,
    Space,
)
from kinetix_core.scene import Scene

from ._setup import Setup


def check_observation(setup: Setup, observation: Observation) -> None:
    """Raises `PluginError` where an encoder does not give what its `space` says.

    observation: of one scene. Names, shapes and types are looked at.
    """
    assert setup.task.observation is not None
    size, name = setup.task.size, setup.name("observation")
    wanted = _of_space(setup.task.observation.space(size))
    found = _leaves(observation)
    for part in _different(wanted, found):
        raise PluginError(
            f"{name}: {part or 'the observation'} is {found.get(part, 'missing')}, but "
            f"{wanted.get(part, 'no such part')} is what its space says in size {size.name}"
        )


def check_policy(setup: Setup, params: Parameters, observation: Observation) -> None:
    """Raises `PluginError` where a network gives no action, probability and value as expected, or
    no such layer as its `value_layer`."""
    assert setup.task.action is not None
    space = setup.task.action.space

    def act(params: Parameters, observation: Observation) -> Any:
        memory = setup.network.memory()
        after, distribution, value = setup.network.apply(
            params, memory, observation, jnp.bool_(True)
        )
        action = distribution.sample(jax.random.key(0))
        return memory, after, action, distribution.log_prob(action), jnp.asarray(value)

    memory, after, action, log_prob, value = eqx.filter_eval_shape(act, params, observation)
    name = setup.name("network")
    _check_action(name, setup.name("action"), space, action)
    for what, found in (("log-probability of an action", log_prob), ("value", value)):
        if found.shape != () or not jnp.issubdtype(found.dtype, jnp.floating):
            raise PluginError(f"{name}: the {what} is {_text(found)}; one number is expected")
    if (a := _leaves(after)) != (b := _leaves(memory)):
        raise PluginError(f"{name}: after a step its memory is {a}; `memory()` gives {b}")
    _check_value_layer(setup, params, observation)


def _check_value_layer(setup: Setup, params: Parameters, observation: Observation) -> None:
    network = setup.network
    if not (layer := network.value_layer):
        return
    units = eqx.filter_eval_shape(
        network.activations, params, network.memory(), observation, jnp.bool_(True)
    )
    if layer not in units:
        raise PluginError(
            f"{setup.name('network')}: its value_layer {layer} is none of its activations,"
            f" {', '.join(units) or 'which are none'}"
        )


def check_levels(setup: Setup, kind: str, levels: Scene, count: int | None = None) -> None:
    """Raises `PluginError` where levels have another size than the run, or are not `count` many.

    kind: of the component that gave them.
    """
    size, rows = setup.task.size, jnp.shape(levels.timestep)
    if levels.size != size:
        raise PluginError(
            f"{setup.name(kind)}: it gave levels of size {levels.size.name}; this run has size "
            f"{size.name}"
        )
    if len(rows) != 1 or (count is not None and rows != (count,)):
        many = "several" if count is None else count
        raise PluginError(
            f"{setup.name(kind)}: it gave levels with leading axes {rows}; {many} along one axis "
            "are expected"
        )


def check_proposal(setup: Setup, found: Any) -> None:
    """Raises `PluginError` where a curriculum's `propose` gives something else."""
    parts = found if isinstance(found, tuple) else (found,)
    if len(parts) != 2 or not isinstance(parts[1], Proposal):
        raise PluginError(
            f"{setup.name('curriculum')}: propose gave "
            f"{', '.join(type(part).__name__ for part in parts)}; its new state and a Proposal are "
            "expected, as (state, Proposal(levels))"
        )


def check_curriculum(setup: Setup, before: Any, after: Any, metrics: Mapping[str, Any]) -> None:
    """Raises `PluginError` where a curriculum's state changes its shapes, or where what it logs are
    not single numbers."""
    name = setup.name("curriculum")
    one, other = _leaves(before), _leaves(after)
    for part in _different(one, other):
        raise PluginError(
            f"{name}: after an update its state has {other.get(part, 'nothing')} as "
            f"{part or 'its array'}, where `init` gave {one.get(part, 'nothing')}; shapes and "
            "types must stay"
        )
    for metric, value in metrics.items():
        if jnp.shape(value) != ():
            raise PluginError(
                f"{name}: its metric {metric} is {_text(value)}; one number is expected"
            )


def _check_action(name: str, actions: str, space: Discrete | MultiDiscrete | Box, x: Any) -> None:
    whole = not isinstance(space, Box)
    kind_fits = jnp.issubdtype(x.dtype, jnp.integer if whole else jnp.floating)
    if x.shape != space.shape or not kind_fits:
        numbers = "whole numbers" if whole else "numbers"
        raise PluginError(
            f"{name}: an action is {_text(x)}; {actions} takes {max(1, math.prod(space.shape))} "
            f"{numbers}, shape {space.shape}"
        )


def _of_space(space: Space) -> dict[str, str]:
    if isinstance(space, Record):
        return {name: f"{part.dtype}{part.shape}" for name, part in space.parts}
    return {"": f"{space.dtype}{space.shape}"}


def _leaves(tree: Any) -> dict[str, str]:
    keystr = jax.tree_util.keystr
    leaves = jax.tree_util.tree_flatten_with_path(tree)[0]
    return {keystr(path, simple=True, separator="/"): _text(leaf) for path, leaf in leaves}


def _different(one: dict[str, str], other: dict[str, str]) -> list[str]:
    """The parts that are not alike in both."""
    return [part for part in one | other if one.get(part) != other.get(part)]


def _text(x: Any) -> str:
    return f"{x.dtype if hasattr(x, 'dtype') else jnp.result_type(x)}{jnp.shape(x)}"

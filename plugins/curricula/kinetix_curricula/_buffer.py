"""The level buffer of prioritised level replay.

Source: spec/curricula.md 2.4 (Jiang et al. 2021, arXiv 2010.03934; as published with Kinetix).
A slot's weight says how likely it is replayed, and the slot of smallest weight is the one that
a better level takes: weight = (1 - c) * score part + c * staleness part.

Ranks are kept up to date while a batch goes in one by one, instead of sorting for each level.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Bool, Float, Int, PRNGKeyArray, UInt32

from kinetix_core.scene import Scene, SceneSize, empty_scene

from ._config import Prioritization


@dataclass(frozen=True)
class Weighting:
    """How scores and ages become weights. Settings of the same names in `PLRConfig`."""

    prioritization: Prioritization
    temperature: float
    topk: int
    staleness_coef: float


class Slots(eqx.Module):
    """What the buffer knows of its levels; all that inserting and drawing look at."""

    score: Float[Array, " slots"]  # -inf in empty slots
    rank: Int[Array, " slots"]  # 1 is the best; of equal scores the lower slot; empty slots last
    timestamp: Int[Array, " slots"]  # value of the counter when last played
    max_return: Float[Array, " slots"]  # best return of an episode so far
    fingerprint: UInt32[Array, "slots 2"]  # equal for equal levels
    size: Int[Array, ""]  # slots that hold a level
    counter: Int[Array, ""]  # levels inserted, refused or drawn so far


class LevelBuffer(eqx.Module):
    """Levels with their slots."""

    levels: Scene  # leading axis: slots
    slots: Slots

    @property
    def capacity(self) -> int:
        return self.slots.score.shape[0]

    @property
    def valid(self) -> Bool[Array, " slots"]:
        """Slots that hold a level."""
        return jnp.arange(self.capacity) < self.slots.size


def blank(size: SceneSize, count: int) -> Scene:
    """Zeros in place of `count` levels."""
    return jax.tree.map(lambda x: jnp.zeros((count, *x.shape), x.dtype), empty_scene(size))


def empty_buffer(levels: Scene) -> LevelBuffer:
    """Empty slots, one for each of `levels`, of which none is ever given out."""
    capacity = levels.timestep.shape[0]
    slots = Slots(
        score=jnp.full(capacity, -jnp.inf),
        rank=jnp.arange(1, capacity + 1, dtype=jnp.int32),
        timestamp=jnp.zeros(capacity, jnp.int32),
        max_return=jnp.full(capacity, -jnp.inf),
        fingerprint=jnp.zeros((capacity, 2), jnp.uint32),
        size=jnp.int32(0),
        counter=jnp.int32(0),
    )
    return LevelBuffer(levels, slots)


def weights(slots: Slots, how: Weighting) -> Float[Array, " slots"]:
    """Sum 1 over the slots that hold a level, 0 elsewhere; all 0 in an empty buffer."""
    score, age = score_part(slots, how), staleness_part(slots)
    return (1.0 - how.staleness_coef) * score + how.staleness_coef * age


def score_part(slots: Slots, how: Weighting) -> Float[Array, " slots"]:
    """rank: (1 / rank)^(1 / temperature); topk: softmax of the scores over the k best."""
    valid = jnp.arange(slots.score.shape[0]) < slots.size
    if how.prioritization is Prioritization.rank:
        weight = jnp.exp(-jnp.log(slots.rank.astype(jnp.float32)) / how.temperature)
        return _normalised(jnp.where(valid, weight, 0.0))
    best = valid & (slots.rank <= how.topk)
    top = jnp.max(jnp.where(valid, slots.score, -jnp.inf))
    return _normalised(jnp.where(best, jnp.exp(slots.score - top), 0.0))


def staleness_part(slots: Slots) -> Float[Array, " slots"]:
    """Steps of the counter since each level was played; uniform where all were just played."""
    valid = jnp.arange(slots.score.shape[0]) < slots.size
    age = jnp.where(valid, slots.counter - slots.timestamp, 0).astype(jnp.float32)
    fresh = jnp.sum(age) == 0
    return _normalised(jnp.where(fresh, valid.astype(jnp.float32), age))


def insert(
    buffer: LevelBuffer,
    levels: Scene,
    score: Float[Array, " batch"],
    max_return: Float[Array, " batch"],
    how: Weighting,
    *,
    refuse_duplicates: bool,
) -> LevelBuffer:
    """A batch of levels, one after the other.

    A level takes the first empty slot, or in a full buffer the slot of smallest weight, if its
    score is above the one there (an empty slot's is -inf; NaN is above nothing). With
    `refuse_duplicates` a level that the buffer holds already only renews what is known of it.
    """
    prints = fingerprint(levels)

    def one(carry: tuple[Slots, Array], now: tuple[Array, ...]) -> tuple[Any, None]:
        slots, source = carry
        s, best, print_, number = now
        full = slots.size == buffer.capacity
        at = jnp.where(full, jnp.argmin(weights(slots, how)), slots.size)
        enters = slots.score[at] < s
        new = enters & ~full
        if refuse_duplicates:
            valid = jnp.arange(buffer.capacity) < slots.size
            same = valid & jnp.all(slots.fingerprint == print_[None], axis=1)
            known = jnp.any(same)
            at = jnp.where(known, jnp.argmax(same), at)
            enters, new = enters | known, new & ~known
        written = Slots(
            score=slots.score.at[at].set(s),
            rank=_rank_after(slots, at, s),
            timestamp=slots.timestamp.at[at].set(slots.counter + 1),
            max_return=slots.max_return.at[at].set(best),
            fingerprint=slots.fingerprint.at[at].set(print_),
            size=slots.size + new,
            counter=slots.counter,
        )
        slots = jax.tree.map(lambda a, b: jnp.where(enters, a, b), written, slots)
        slots = eqx.tree_at(lambda x: x.counter, slots, slots.counter + 1)
        return (slots, source.at[at].set(jnp.where(enters, number, source[at]))), None

    number = jnp.arange(score.shape[0])
    start = (buffer.slots, jnp.full(buffer.capacity, -1))
    (slots, source), _ = jax.lax.scan(one, start, (score, max_return, prints, number))

    def pick(old: Array, batch: Array) -> Array:
        replaced = (source >= 0).reshape(-1, *(1,) * (old.ndim - 1))
        return jnp.where(replaced, jnp.asarray(batch)[jnp.maximum(source, 0)], old)

    return LevelBuffer(jax.tree.map(pick, buffer.levels, levels), slots)


def draw(
    buffer: LevelBuffer, key: PRNGKeyArray, n: int, how: Weighting
) -> tuple[LevelBuffer, Int[Array, " n"]]:
    """`n` slots, one after the other; each draw makes its slot fresh, so less likely."""
    score = score_part(buffer.slots, how)

    def one(slots: Slots, u: Array) -> tuple[Slots, Array]:
        age = staleness_part(slots)
        total = jnp.cumsum((1.0 - how.staleness_coef) * score + how.staleness_coef * age)
        at = jnp.searchsorted(total, u * total[-1], side="right").astype(jnp.int32)
        at = jnp.minimum(at, jnp.maximum(slots.size - 1, 0))
        now = slots.counter + 1
        played = eqx.tree_at(
            lambda x: (x.timestamp, x.counter), slots, (slots.timestamp.at[at].set(now), now)
        )
        return played, at

    slots, drawn = jax.lax.scan(one, buffer.slots, jax.random.uniform(key, (n,)))
    return LevelBuffer(buffer.levels, slots), drawn


def renew(
    buffer: LevelBuffer,
    at: Int[Array, " batch"],
    score: Float[Array, " batch"],
    max_return: Float[Array, " batch"],
) -> LevelBuffer:
    """What replaying the slots `at` showed; of a slot that was drawn twice, the last one."""
    slots = buffer.slots
    last = jnp.full(buffer.capacity, -1).at[at].max(jnp.arange(at.shape[0]))
    hit, which = last >= 0, jnp.maximum(last, 0)
    scores = jnp.where(hit, score[which], slots.score)
    best = jnp.where(hit, jnp.maximum(slots.max_return, max_return[which]), slots.max_return)
    new = eqx.tree_at(
        lambda x: (x.score, x.rank, x.max_return), slots, (scores, ranks(scores), best)
    )
    return LevelBuffer(buffer.levels, new)


def ranks(score: Float[Array, " slots"]) -> Int[Array, " slots"]:
    """1 for the highest score; of equal ones the lower slot comes first."""
    order = jnp.argsort(-score, stable=True)
    return jnp.zeros_like(order).at[order].set(jnp.arange(1, score.shape[0] + 1)).astype(jnp.int32)


def fingerprint(levels: Scene) -> UInt32[Array, "levels 2"]:
    """Two 32-bit sums over everything that a level holds: equal for equal levels.

    Different levels share both with a chance of about 2^-64.
    """
    rows = [_bits(jnp.asarray(x)) for x in jax.tree.leaves(levels)]
    bits = jnp.concatenate(rows, axis=1)
    place = jnp.arange(bits.shape[1], dtype=jnp.uint32)
    sums = []
    for factor in (jnp.uint32(0x9E3779B1), jnp.uint32(0x85EBCA77)):
        mixed = (bits ^ (bits >> 15)) * ((2 * place[None] + 1) * factor)
        sums.append(jnp.sum((mixed ^ (mixed >> 13)) * factor, axis=1, dtype=jnp.uint32))
    return jnp.stack(sums, axis=1)


def _bits(x: Array) -> UInt32[Array, "levels values"]:
    flat = x.reshape(x.shape[0], -1)
    if jnp.issubdtype(x.dtype, jnp.floating):
        return jax.lax.bitcast_convert_type(flat.astype(jnp.float32), jnp.uint32)
    return flat.astype(jnp.uint32)


def _rank_after(slots: Slots, at: Array, score: Array) -> Int[Array, " slots"]:
    """The ranks with `score` in slot `at`."""
    index = jnp.arange(slots.score.shape[0])

    def beaten_by(s: Array) -> Bool[Array, " slots"]:
        return (s > slots.score) | ((s == slots.score) & (at < index))

    beaten = beaten_by(score)
    others = slots.rank + beaten - beaten_by(slots.score[at])
    own = jnp.sum(~beaten & (index != at)) + 1
    return jnp.where(index == at, own, others).astype(jnp.int32)


def _normalised(weight: Array) -> Float[Array, " slots"]:
    total = jnp.sum(weight)
    return weight / jnp.where(total > 0, total, 1.0)

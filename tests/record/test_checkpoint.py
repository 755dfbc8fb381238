"""Checkpoints: written whole, read back bit for bit, damaged ones passed over."""

import logging
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from kinetix_core.errors import RunError
from kinetix_core.record import RunFolder
from kinetix_core.record._checkpoint import ARRAYS, MANIFEST, load_checkpoint, save_checkpoint


class State(eqx.Module):
    params: dict
    flags: jax.Array
    key: jax.Array
    update: jax.Array


def state(update):
    rng = np.random.default_rng(update)
    weights = rng.normal(size=(3, 4)).astype(np.float32)
    weights[0, 0] = np.nan
    return State(
        params={"dense": {"kernel": jnp.asarray(weights)}, "empty": jnp.zeros((0, 2))},
        flags=jnp.array([True, False]),
        key=jax.random.split(jax.random.key(update), 2),
        update=jnp.int32(update),
    )


def save(folder, update, keep=2):
    return save_checkpoint(folder, state(update), update, keep=keep, notes={"seconds": 1.5})


def names(folder):
    return sorted(p.name for p in (folder / "checkpoints").iterdir())


LIKE = jax.eval_shape(lambda: state(0))


def bits(tree):
    plain = jax.tree.map(
        lambda x: jax.random.key_data(x) if jnp.issubdtype(x.dtype, jax.dtypes.prng_key) else x,
        tree,
    )
    return [(np.asarray(x).shape, np.asarray(x).tobytes()) for x in jax.tree.leaves(plain)]


def test_what_was_saved_comes_back_bit_for_bit(tmp_path):
    save(tmp_path, 7)
    found = load_checkpoint(tmp_path, LIKE)
    assert bits(found.state) == bits(state(7))
    assert jax.tree.structure(found.state) == jax.tree.structure(state(7))
    assert (found.update, found.notes) == (7, {"seconds": 1.5})


def test_only_the_newest_are_kept_and_nothing_temporary(tmp_path):
    for update in (8, 9, 10, 11):
        save(tmp_path, update)
    assert names(tmp_path) == ["update_00000010", "update_00000011"]
    save(tmp_path, 11)
    assert load_checkpoint(tmp_path, LIKE).update == 11


DAMAGES = ["cut", "changed", "no arrays", "no manifest", "no JSON", "other JSON"]


def damage(checkpoint, what):
    content = bytearray((checkpoint / ARRAYS).read_bytes())
    if what == "cut":
        (checkpoint / ARRAYS).write_bytes(content[:-3])
    elif what == "changed":
        content[-1] ^= 1
        (checkpoint / ARRAYS).write_bytes(content)
    elif what == "no arrays":
        (checkpoint / ARRAYS).unlink()
    elif what == "no manifest":
        (checkpoint / MANIFEST).unlink()
    else:
        (checkpoint / MANIFEST).write_text("{" if what == "no JSON" else "[]")


@pytest.mark.parametrize("what", DAMAGES)
def test_a_damaged_one_is_passed_over_saying_so(what, tmp_path, caplog):
    save(tmp_path, 1)
    newest = save(tmp_path, 2)
    damage(newest, what)
    with caplog.at_level(logging.WARNING):
        found = load_checkpoint(tmp_path, LIKE)
    assert (found.update, found.damaged) == (1, (newest,))
    assert "update_00000002 is damaged" in caplog.text


@pytest.mark.parametrize("what", DAMAGES)
def test_a_damaged_one_does_not_count_among_those_that_are_kept(what, tmp_path):
    save(tmp_path, 25)
    damage(save(tmp_path, 26), what)
    known = load_checkpoint(tmp_path, LIKE).damaged if what == "changed" else ()
    save_checkpoint(tmp_path, state(27), 27, keep=2, notes={}, damaged=known)
    assert names(tmp_path) == ["update_00000025", "update_00000027"]


def test_one_that_is_written_again_is_no_longer_damaged(tmp_path):
    save(tmp_path, 25)
    damage(save(tmp_path, 26), "changed")
    known = load_checkpoint(tmp_path, LIKE).damaged
    save_checkpoint(tmp_path, state(26), 26, keep=2, notes={}, damaged=known)
    assert names(tmp_path) == ["update_00000025", "update_00000026"]
    assert load_checkpoint(tmp_path, LIKE).update == 26


def test_a_run_that_goes_on_drops_what_it_found_damaged(tmp_path):
    save(tmp_path, 25)
    damage(save(tmp_path, 26), "changed")
    folder = RunFolder(tmp_path)
    composed: Any = None  # asked only where the arrays do not fit
    folder.load_checkpoint(LIKE, composed)
    assert names(tmp_path) == ["update_00000025", "update_00000026"], "reading deletes nothing"
    folder.save_checkpoint(state(27), 27, keep=2, seconds=1.0)
    assert names(tmp_path) == ["update_00000025", "update_00000027"]
    folder.save_checkpoint(state(28), 28, keep=2, seconds=1.0)
    assert names(tmp_path) == ["update_00000027", "update_00000028"]


def test_no_checkpoint_and_none_that_is_whole_are_named(tmp_path):
    with pytest.raises(RunError, match=r"there is no checkpoint to take the run up from$"):
        load_checkpoint(tmp_path, LIKE)
    (save(tmp_path, 3) / MANIFEST).unlink()
    with pytest.raises(RunError, match="take the run up from: update_00000003 is damaged"):
        load_checkpoint(tmp_path, LIKE)


def test_a_run_without_one_is_to_be_trained_again(tmp_path):
    composed: Any = None  # asked only where the arrays do not fit
    said = "update_00000003 is damaged; training again with the command that began it starts it"
    (save(tmp_path, 3) / MANIFEST).unlink()
    with pytest.raises(RunError, match=f"^resume={tmp_path}: there is no checkpoint.*: {said}"):
        RunFolder(tmp_path).load_checkpoint(LIKE, composed)


def test_another_run_does_not_fit(tmp_path):
    save(tmp_path, 3)
    other = eqx.tree_at(lambda s: s.flags, LIKE, jax.ShapeDtypeStruct((3,), bool))
    with pytest.raises(RunError, match=r"flags is bool\(2,\); this run has bool\(3,\)"):
        load_checkpoint(tmp_path, other)
    fewer = eqx.tree_at(lambda s: s.params, LIKE, {"dense": LIKE.params["dense"]})
    with pytest.raises(RunError, match="params/empty is no part of this run"):
        load_checkpoint(tmp_path, fewer)
    more = eqx.tree_at(lambda s: s.params, LIKE, LIKE.params | {"bias": LIKE.flags})
    with pytest.raises(RunError, match="params/bias is missing"):
        load_checkpoint(tmp_path, more)


def test_where_it_cannot_be_written_the_ones_before_are_kept(tmp_path, monkeypatch):
    save(tmp_path, 1)
    import os

    def full(number):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(RunError, match="update_00000002: cannot be written: No space left"):
        save(tmp_path, 2)
    assert names(tmp_path) == ["update_00000001"]

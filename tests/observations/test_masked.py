"""observation/entity_masked: what the published encoder shows of active slots, and no more."""

from dataclasses import replace

import jax
import numpy as np
import pytest
from kinetix_observations import Entity, EntityConfig, EntityMasked, EntityMaskedConfig

from kinetix_core.bench._golden import Recording
from kinetix_core.scene import SIZES, M, S, SceneBuilder, SceneSize
from kinetix_core.testing import check, example_task
from tests.golden import load_golden

TABLES = {
    "circles": "circle_mask",
    "polygons": "polygon_mask",
    "joints": "joint_mask",
    "thrusters": "thruster_mask",
    "thruster_indexes": "thruster_mask",
}


def masked(size=S, **settings) -> EntityMasked:
    return EntityMasked(EntityMaskedConfig(**settings), example_task(size))


@pytest.mark.parametrize("name", ["s", "m", "l"])
def test_equals_the_published_observation_where_something_is(name):
    size = SIZES[name]
    recording = Recording("obs", load_golden(f"obs/obs_{name}.npz"), size)
    found = jax.device_get(jax.jit(jax.vmap(masked(size).encode))(recording.scenes("state")))
    arrays = {k: recording.arrays[f"obs.entity.{k}"] for k in found}
    for table, mask in TABLES.items():
        shown = arrays[mask]
        wanted = np.where(shown.reshape(*shown.shape, *(1,) * (arrays[table].ndim - 2)), 1, 0)
        wanted = wanted * arrays[table]
        np.testing.assert_allclose(found[table], wanted, rtol=1e-5, atol=1e-5)
    planes = arrays["attention_mask"].copy()
    planes[:, 3] |= planes[:, 3].swapaxes(1, 2)
    np.testing.assert_array_equal(found["attention_mask"], planes)
    same = set(arrays) - set(TABLES) - {"attention_mask"}
    assert same == {*TABLES.values(), "joint_indexes"}
    for part in same:
        np.testing.assert_array_equal(found[part], arrays[part])


def test_empty_slots_show_nothing_at_all():
    """The published encoder shows these leftovers, so the test sees what it is for."""
    scene = SceneBuilder("s").build()
    circles = replace(scene.circles, velocity=np.full((2, 2), 7, np.float32))
    thrusters = replace(scene.thrusters, object_index=np.array([3], np.int32))
    scene = replace(scene, circles=circles, thrusters=thrusters)
    published = jax.jit(Entity(EntityConfig(), example_task(S)).encode)(scene)
    ours = jax.jit(masked().encode)(scene)
    assert (np.asarray(published["circles"]) == 7).any()
    assert np.asarray(published["thruster_indexes"]).any()
    for table in ("circles", "joints", "thrusters", "thruster_indexes", "joint_indexes"):
        assert not np.asarray(ours[table]).any()


def test_both_of_two_bodies_see_their_contact():
    builder = SceneBuilder("m")
    box = builder.rectangle((1.0, 1.0), width=0.5, height=0.5)
    wheel = builder.circle((2.0, 1.5), radius=0.2)
    touching = np.zeros(len(M.pairs), bool)
    touching[M.pairs.index((0, box))] = touching[M.pairs.index((wheel, box))] = True
    seen = jax.jit(masked(M).encode)(replace(builder.build(), touching=touching))
    contact = {(int(i), int(k)) for i, k in np.argwhere(np.asarray(seen["attention_mask"][3]))}
    assert contact == {(0, box), (box, 0), (wheel, box), (box, wheel)}


def test_the_mask_can_be_left_out():
    encoder = masked(attention_mask=False)
    assert "attention_mask" not in dict(encoder.space(S).parts)
    assert "attention_mask" not in jax.eval_shape(encoder.encode, SceneBuilder("s").build())


def test_keeps_the_promises_in_other_sizes():
    assert masked().hides_empty_slots
    for size, promise in ((M, "empty_slots_do_not_show"), (SceneSize(4, 0, 0, 0), "space_matches")):
        check("observation", masked(size), example_task(size), promises=[promise])

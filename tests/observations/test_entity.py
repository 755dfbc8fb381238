"""observation/entity: recorded observations, hand-computed ones, and the public promises."""

from dataclasses import replace

import jax
import numpy as np
import pytest
from kinetix_observations import Entity, EntityConfig

from kinetix_core.bench._golden import Recording
from kinetix_core.scene import GREEN, SIZES, M, S, SceneBuilder, SceneSize
from kinetix_core.testing import check, example_task
from tests.golden import load_golden

FIELDS = (
    "circles",
    "polygons",
    "joints",
    "thrusters",
    "circle_mask",
    "polygon_mask",
    "joint_mask",
    "thruster_mask",
    "attention_mask",
    "joint_indexes",
    "thruster_indexes",
)


def entity(size=S, **settings) -> Entity:
    return Entity(EntityConfig(**settings), example_task(size))


@pytest.fixture(scope="module", params=["s", "m", "l"])
def recorded(request):
    """A recording of the published encoder, and what ours gives for its states."""
    size = SIZES[request.param]
    recording = Recording("obs", load_golden(f"obs/obs_{request.param}.npz"), size)
    found = jax.jit(jax.vmap(entity(size).encode))(recording.scenes("state"))
    return recording.arrays, jax.device_get(found)


@pytest.mark.parametrize("name", FIELDS)
def test_equals_the_published_observation(recorded, name):
    arrays, found = recorded
    wanted, ours = arrays[f"obs.entity.{name}"], found[name]
    assert (ours.shape, ours.dtype) == (wanted.shape, wanted.dtype)
    if wanted.dtype == np.float32:
        np.testing.assert_allclose(ours, wanted, rtol=1e-5, atol=1e-5)
    else:
        np.testing.assert_array_equal(ours, wanted)


def test_there_is_no_other_field(recorded):
    arrays, found = recorded
    published = {k.split(".")[-1] for k in arrays if k.startswith("obs.entity.")}
    assert set(found) == published == set(FIELDS)
    assert tuple(name for name, _ in entity().space(S).parts) == FIELDS


def test_keeps_every_promise_of_an_encoder():
    encoder = entity()
    assert not encoder.hides_empty_slots
    check("observation", encoder, example_task(S))


def encoded(scene, **settings):
    """The observation of one scene on the host, compiled."""
    return jax.device_get(jax.jit(entity(scene.size, **settings).encode)(scene))


def test_the_mask_can_be_left_out(scene):
    full, less = encoded(scene[0]), encoded(scene[0], attention_mask=False)
    assert set(full) - set(less) == {"attention_mask"}
    assert all(np.array_equal(less[name], full[name]) for name in less)
    check(
        "observation",
        entity(M, attention_mask=False),
        example_task(M),
        promises=["space_matches", "other_sizes_match"],
    )


@pytest.fixture(scope="module")
def scene():
    """A box, a plank welded to it, a wheel hinged to the plank; a thruster, contacts."""
    builder = SceneBuilder("m")
    box = builder.rectangle((1.0, 1.0), width=0.5, height=0.5, role=GREEN)
    plank = builder.triangle((2.0, 1.0), [(-0.4, -0.2), (0.0, 0.4), (0.4, -0.2)])
    wheel = builder.circle((2.0, 1.5), radius=0.2)
    builder.fixed_joint(box, plank, anchor=(1.5, 1.0))
    builder.revolute_joint(plank, wheel, anchor=(2.0, 1.5))
    builder.thruster(wheel)
    built = builder.build()
    touching = np.zeros(len(M.pairs), bool)
    for pair in ((1, box), (wheel, box), (wheel, wheel + 1)):
        touching[M.pairs.index(pair)] = True
    return replace(built, touching=touching), (box, plank, wheel)


def test_planes_of_the_attention_mask(scene):
    level, (box, plank, wheel) = scene
    full, connected, linked, contact = encoded(level)["attention_mask"]
    active = np.concatenate([level.polygons.active, level.circles.active])
    np.testing.assert_array_equal(full, active[:, None] & active[None, :])
    # both joints make one component; everything is connected with itself, if it is there
    members = {box, plank, wheel}
    for i in range(M.bodies):
        for k in range(M.bodies):
            wanted = (i == k and active[i]) or {i, k} <= members
            assert connected[i, k] == wanted, (i, k)
    assert {(int(i), int(k)) for i, k in np.argwhere(linked)} == {
        (box, plank),
        (plank, box),
        (plank, wheel),
        (wheel, plank),
    }
    # one direction only; the last pair touched, but its second circle is not there
    assert [tuple(x) for x in np.argwhere(contact)] == [(1, box), (wheel, box)]


def test_a_joint_of_the_floor_with_itself_does_not_show_as_one_hop(scene):
    level, _ = scene
    zero = np.zeros_like(level.joints.a_index)
    joints = replace(level.joints, a_index=zero, b_index=zero)
    assert not encoded(replace(level, joints=joints))["attention_mask"][2].any()


def test_joints_are_seen_from_both_ends(scene):
    level, (box, plank, wheel) = scene
    seen = encoded(level)
    ends = [[plank, box], [wheel, plank], [box, plank], [plank, wheel]]
    np.testing.assert_array_equal(seen["joint_indexes"], ends)
    np.testing.assert_array_equal(seen["joint_mask"], [True] * 4)
    first, second = seen["joints"][:2], seen["joints"][2:]
    np.testing.assert_allclose(first[:, 2:4], level.joints.b_relative_pos)
    np.testing.assert_allclose(second[:, 2:4], level.joints.a_relative_pos)
    np.testing.assert_array_equal(first[:, 4:6], second[:, 2:4])
    np.testing.assert_array_equal(first[:, 6:], second[:, 6:])
    np.testing.assert_array_equal(seen["thruster_indexes"][0], wheel)


def test_indexes_of_missing_joints_are_zero_and_those_of_thrusters_stay():
    scene = SceneBuilder("s").build()
    joints = replace(scene.joints, a_index=np.array([5], np.int32), b_index=np.array([6], np.int32))
    thrusters = replace(scene.thrusters, object_index=np.array([3], np.int32))
    seen = encoded(replace(scene, joints=joints, thrusters=thrusters))
    np.testing.assert_array_equal(seen["joint_indexes"], np.zeros((2, 2)))
    np.testing.assert_array_equal(seen["thruster_indexes"], [3])


def test_rows_are_not_clamped_and_leftovers_show(scene):
    level, _ = scene
    circles = replace(
        level.circles,
        position=np.array([[np.nan, np.inf], [250.0, 0.0], [0.0, -np.inf]], np.float32),
        rotation=np.array([np.nan, 0.0, 0.0], np.float32),
    )
    seen = encoded(replace(level, circles=circles))
    largest = np.finfo(np.float32).max
    np.testing.assert_array_equal(
        seen["circles"][:, :2], [[0.0, largest], [250.0, 0.0], [0.0, -largest]]
    )
    np.testing.assert_array_equal(seen["circles"][0, 12:14], [0.0, 1.0])
    np.testing.assert_allclose(seen["polygons"][:, 26], -0.981, rtol=1e-6)
    assert seen["polygons"].shape == (6, 27)


def test_sizes_without_some_kinds():
    size = SceneSize(4, 0, 0, 0, motor_bindings=2, thruster_bindings=3)
    seen = encoded(SceneBuilder(size).build())
    assert {k: v.shape for k, v in seen.items()} == {
        k: s.shape for k, s in entity(size).space(size).parts
    }

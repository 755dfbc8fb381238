"""The generators `random_all` and `mixture`, and levels in other slots."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from kinetix_generators import Mixture
from kinetix_generators._slots import padded, permuted

from kinetix_core.cli import main
from kinetix_core.compose import build_task, compose_run
from kinetix_core.errors import SettingError
from kinetix_core.scene import L, M, S, expand, validate
from kinetix_core.testing import Examples, assert_same, check, example_levels, example_task


def at(levels, i):
    return jax.tree.map(lambda x: np.asarray(x)[i], levels)


def links(level):
    """What each joint connects, whatever the slots are."""
    j, position = level.joints, level.bodies.position
    return sorted(
        (*position[j.a_index[i]], *position[j.b_index[i]], j.motor_binding[i])
        for i in np.flatnonzero(j.active)
    )


def test_padding_is_expanding():
    levels = example_levels(S, 12)
    grown = jax.jit(jax.vmap(lambda level: padded(level, L)))(levels)
    for i in range(12):
        assert_same(at(grown, i), expand(at(levels, i), L))


def test_shuffled_slots_hold_the_same_level():
    levels = example_levels(M, 12)
    keys = jax.random.split(jax.random.key(0), 12)
    shuffled = jax.jit(jax.vmap(permuted))(keys, levels)
    different = 0
    for i in range(12):
        before, after = at(levels, i), at(shuffled, i)
        assert validate(after) == []
        assert sorted(before.circles.radius) == sorted(after.circles.radius)
        assert before.joints.active.sum() == after.joints.active.sum()
        np.testing.assert_array_equal(after.polygons.position[:4], before.polygons.position[:4])
        different += not np.array_equal(before.circles.radius, after.circles.radius)
        assert links(before) == links(after)
    assert different > 5


def test_a_mixture_takes_from_its_parts_by_weight():
    quarter = replace(Examples(S), count=1)  # the empty room
    mixed = Mixture((quarter, Examples(S)), (1.0, 3.0), S)
    task = example_task(S)
    check("generator", mixed, task)
    levels = jax.jit(lambda key: mixed.sample(key, 800))(jax.random.key(1))
    bare = ~jnp.any(levels.circles.active, axis=1) & ~jnp.any(levels.polygons.active[:, 4:], axis=1)
    alone = Examples(S).sample(jax.random.key(2), 800)
    empty = ~np.any(alone.circles.active, axis=1) & ~np.any(alone.polygons.active[:, 4:], axis=1)
    wanted = 0.25 + 0.75 * empty.mean()
    assert abs(bare.mean() - wanted) < 0.07


def test_it_is_composed_from_texts():
    parts = "generator.parts=['1 empty','0.5 files levels=handmade/s permute=true']"
    generator = build_task(compose_run(["generator=mixture", parts])).generator
    assert isinstance(generator, Mixture)
    assert generator.weights == (1.0, 0.5)
    assert [type(p).__name__ for p in generator.parts] == ["Empty", "Files"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("random", "a weight above 0, a generator"),
        ("-1 random", "a weight above 0, a generator"),
        ("1 randon", "did you mean random"),
        ("1 files level=x", "generator.level"),
    ],
)
def test_wrong_parts_are_named(text, message):
    with pytest.raises(SettingError, match=rf"parts=\[{text}\]: .*{message}"):
        compose_run(["generator=mixture", f"generator.parts=['{text}']"])  # nothing is built


def test_config_show_checks_the_parts(capsys):
    assert main(["config", "show", "generator=mixture", "generator.parts=['1 randon']"]) == 2
    assert "generator.parts=[1 randon]: generator=randon: unknown" in capsys.readouterr().err


def test_every_size_has_to_fit():
    with pytest.raises(SettingError, match="levels of size m do not fit size s"):
        build_task(compose_run(["generator=random_all", "size=s"]))
    task = build_task(compose_run(["generator=random_all", "size=m", "generator.sizes=[s,m]"]))
    generator = task.generator
    assert isinstance(generator, Mixture)
    assert [part.size for part in generator.parts] == [S, M]
    sample = jax.eval_shape(lambda key: generator.sample(key, 3), jax.random.key(0))
    assert sample.size == M

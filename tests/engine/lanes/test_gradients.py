"""Gradients through the physics, against finite differences in scenes where all is smooth."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from kinetix_jax2d import Jax2D, Jax2DConfig, State

from kinetix_core.errors import EngineError, SettingError
from kinetix_core.scene import SceneSize
from tests import reference as ref
from tests.engine import support

SIZES = 4, 2, 1, 1
STEPS = 8


@pytest.fixture(scope="module")
def flight():
    """(engine, state): two circles held by a joint with a motor, one with a thruster, in the air.

    Without joint limits, and with the collision filter on, nothing has a corner.
    """
    state = ref.empty_world(*SIZES)
    for k, x in enumerate((2.0, 2.6)):
        circle = state.circle
        circle.active[k], circle.position[k], circle.radius[k] = True, (x, 2.5), 0.2
        circle.inverse_mass[k], circle.inverse_inertia[k] = 5 + k, 60.0
        circle.velocity[k], circle.angular_velocity[k] = (0.3, 0.5 * k), 0.4
    joint, thruster = state.joint, state.thruster
    joint.a_index[0], joint.b_index[0], joint.active[0] = 4, 5, True
    joint.a_relative_pos[0], joint.b_relative_pos[0] = (0.3, 0.0), (-0.3, 0.05)
    joint.motor_on[0], joint.motor_speed[0], joint.motor_power[0] = True, 1, 0.02
    thruster.object_index[0], thruster.active[0], thruster.power[0] = 5, True, 1
    thruster.relative_position[0], thruster.rotation[0] = (0.1, 0.0), 1.2
    state.collision_matrix = ref.collision_matrix([4], [5], [True], 6)
    engine = Jax2D(SceneSize(*SIZES), Jax2DConfig(differentiable=True))
    scene = jax.tree.map(lambda leaf: jnp.asarray(leaf[0]), support.as_scenes([state]))
    return engine, engine.init(scene)


@pytest.fixture(scope="module")
def loss(flight):
    """Jitted: (moving, controls) -> where the circles are and how they turn, in one number."""
    engine, state = flight

    def value(moving, controls):
        after, trace = engine.steps(State(moving, state.constant, state.integers), controls, STEPS)
        circles = engine.scene(after).circles
        weights = jnp.array([[1.0, -0.7], [0.4, 1.3]])
        turning = jnp.array([0.2, -0.3]) * (circles.angular_velocity + circles.rotation)
        return jnp.sum(weights * (circles.position + trace.position[3, 4:])) + jnp.sum(turning)

    return value


@pytest.fixture(scope="module")
def gradient(loss):
    return jax.jit(jax.grad(loss, argnums=(0, 1)))


CONTROLS = np.array([0.6, 0.8], np.float32)


def test_gradients_are_those_of_finite_differences(flight, loss, gradient):
    moving = flight[1].moving
    by_moving, by_controls = gradient(moving, CONTROLS)
    rng = np.random.default_rng(0)
    value = jax.jit(loss)
    # six floats per body; circles come after the four polygons
    way = jnp.zeros_like(moving).at[24:36].set(rng.normal(size=12))
    for direction, expected in (
        ((way, np.zeros(2, np.float32)), by_moving @ way),
        ((0 * way, np.array([1, 0], np.float32)), by_controls[0]),
        ((0 * way, np.array([0, 1], np.float32)), by_controls[1]),
    ):
        h = 1e-2
        ahead, back = (
            value(moving + sign * h * direction[0], CONTROLS + sign * h * direction[1])
            for sign in (1, -1)
        )
        assert abs(expected) > 1e-3
        np.testing.assert_allclose((ahead - back) / (2 * h), expected, rtol=2e-2, atol=2e-4)


def test_any_nesting_of_grad_and_vmap(flight, loss, gradient):
    moving = flight[1].moving
    batch = jnp.stack([jnp.asarray(CONTROLS), jnp.array([-0.4, 0.3])])
    expected = jnp.stack([gradient(moving, controls)[1] for controls in batch])
    of_each = jax.jit(jax.vmap(jax.grad(loss, argnums=1), (None, 0)))(moving, batch)
    np.testing.assert_allclose(of_each, expected, rtol=1e-4, atol=1e-6)

    def total(controls):
        return jnp.sum(jax.vmap(loss, (None, 0))(moving, controls))

    np.testing.assert_allclose(jax.jit(jax.grad(total))(batch), expected, rtol=1e-4, atol=1e-6)


def test_gradients_are_finite_where_things_touch_and_where_nothing_is(flight):
    """Contacts of every kind, empty slots, coinciding centres: no division by zero leaks."""
    engine, _ = flight
    drawn, controls = support.draw(np.random.default_rng(2), SIZES, 12)
    drawn[0].circle.position[1] = drawn[0].circle.position[0]
    drawn.append(ref.empty_world(*SIZES))
    scenes, contacts = support.as_scenes(drawn), support.as_contacts(drawn)
    controls = np.concatenate([controls, np.ones((1, 2), np.float32)])

    def after(controls, scene, contacts):
        state, trace = engine.step(engine.init(scene, contacts), controls)
        return jnp.sum(state.moving) + jnp.sum(trace.position)

    found = jax.jit(jax.vmap(jax.grad(after)))(controls, scenes, contacts)
    assert np.isfinite(found).all()
    assert np.any(found != 0)


def test_other_kernels_say_how_to_get_gradients(flight):
    _, state = flight
    engine = Jax2D(SceneSize(*SIZES), Jax2DConfig(kernel="jax"))

    def value(controls):
        return jnp.sum(engine.step(state, controls)[0].moving)

    with pytest.raises(EngineError, match=r"set engine\.differentiable=true"):
        jax.grad(value)(jnp.asarray(CONTROLS))
    with pytest.raises(SettingError, match="native kernel has no gradient"):
        replace(Jax2DConfig(kernel="native"), differentiable=True)

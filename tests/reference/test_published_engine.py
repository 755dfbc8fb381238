"""The reference against the published engine itself, on random scenes (optional package `jax2d`).

The recorded levels have no restitution, few triangles and one collision mode; here everything
that a random scene has is compared.
"""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from tests import reference as ref

TABLES = {"pp": "acc_rr_manifolds", "cp": "acc_cr_manifolds", "cc": "acc_cc_manifolds"}


def published_state(engine, state: ref.State):
    """The state in the classes of the published engine."""
    arrays = {key: jnp.asarray(value) for key, value in ref.to_golden(state, "").items()}

    def record(kind, name):
        zeros = jnp.zeros(arrays.get(f"{name}.active", jnp.zeros(0)).shape)
        rest = {"normal": jnp.zeros((*zeros.shape, 2))}
        fields = kind.__dataclass_fields__
        return kind(**{f: arrays.get(f"{name}.{f}", rest.get(f, zeros)) for f in fields})

    return engine.SimState(
        polygon=record(engine.RigidBody, "polygon"),
        circle=record(engine.RigidBody, "circle"),
        joint=record(engine.Joint, "joint"),
        thruster=record(engine.Thruster, "thruster"),
        collision_matrix=arrays["collision_matrix"],
        gravity=arrays["gravity"],
        **{name: record(engine.CollisionManifold, name) for name in TABLES.values()},
    )


def assert_same(after: ref.State, contacts: ref.Contacts, published):
    def compare(name, actual, expected, tolerance):
        np.testing.assert_allclose(actual, expected, rtol=0, atol=tolerance, err_msg=name)

    for table, name in TABLES.items():
        contact, memory = getattr(contacts, table), getattr(after.memory, table)
        manifolds = getattr(published, name)
        assert np.array_equal(contact.active, manifolds.active), table
        compare(f"{table} restitution", contact.vrest, manifolds.restitution_velocity_target, 1e-4)
        compare(f"{table} normal", memory.acc_n, manifolds.acc_impulse_normal, 1e-4)
        compare(f"{table} tangent", memory.acc_t, manifolds.acc_impulse_tangent, 1e-4)
    for kind in ("polygon", "circle"):
        ours, theirs = getattr(after, kind), getattr(published, kind)
        for field, tolerance in ref.STEP_TOLERANCE.items():
            compare(f"{kind} {field}", getattr(ours, field), getattr(theirs, field), tolerance)
    for field in ("global_position", "acc_impulse", "acc_r_impulse"):
        compare(field, getattr(after.joint, field), getattr(published.joint, field), 1e-4)


# The size has 63 circle-polygon pairs: four solver batches, one with a padding entry.
@pytest.mark.parametrize("sizes", [(7, 9, 3, 1)])
def test_random_scenes(sizes):
    engine = pytest.importorskip("jax2d.engine")
    rng = np.random.default_rng(sum(sizes))
    physics = engine.PhysicsEngine(engine.StaticSimParams(*sizes))
    step = jax.jit(lambda state, controls: physics.step(state, engine.SimParams(), controls))
    with jax.numpy_rank_promotion("allow"), jax.debug_nans(False):
        for _ in range(40):
            state, controls = ref.random_case(rng, *sizes)
            published = step(published_state(engine, state), jnp.asarray(controls))[0]
            assert_same(*ref.step(state, controls), published)

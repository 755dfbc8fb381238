"""What a policy is inclined to do: probabilities of what drives motors and thrusters."""

from __future__ import annotations

from collections.abc import Mapping

import jax
import jax.numpy as jnp
import numpy as np

from kinetix_core.env import ContinuousActions, DiscreteActions, MultiDiscreteActions
from kinetix_core.interfaces import ActionSpace, Distribution
from kinetix_core.learn import Categorical, DiagonalNormal, MultiCategorical
from kinetix_core.scene import Array, Scene

FORWARD, BACKWARD, ON, MEAN = "forward", "backward", "on", "mean"


def chances(action: ActionSpace | None, distribution: Distribution) -> dict[str, jax.Array]:
    """By input and what it may be, as `motor 0 forward`: a probability, or the mean (continuous).

    Traceable, for one environment. {} for an action space or a distribution of somebody else's.
    """
    if isinstance(action, MultiDiscreteActions) and isinstance(distribution, MultiCategorical):
        p, motors = jnp.exp(distribution.logits), action.motors
        return {
            **{f"motor {i} {FORWARD}": p[1, i] for i in range(motors)},
            **{f"motor {i} {BACKWARD}": p[2, i] for i in range(motors)},
            **{f"thruster {i} {ON}": p[1, motors + i] for i in range(action.thrusters)},
        }
    if isinstance(action, DiscreteActions) and isinstance(distribution, Categorical):
        p, motors = jnp.exp(distribution.logits), action.motors
        return {
            **{f"motor {i} {FORWARD}": p[2 * i + 1] for i in range(motors)},
            **{f"motor {i} {BACKWARD}": p[2 * i] for i in range(motors)},
            **{f"thruster {i} {ON}": p[2 * motors + 1 + i] for i in range(action.thrusters)},
        }
    if isinstance(action, ContinuousActions) and isinstance(distribution, DiagonalNormal):
        mean, motors = jnp.asarray(distribution.mean), action.motors
        return {
            **{f"motor {i} {MEAN}": mean[i] for i in range(motors)},
            **{f"thruster {i} {MEAN}": mean[motors + i] for i in range(action.thrusters)},
        }
    return {}


def driven(level: Scene, of_inputs: Mapping[str, Array]) -> dict[str, dict[str, np.ndarray]]:
    """What `chances` gave, by input, of those inputs that drive something in the level.

    level: one scene on the host.
    """
    joints, thrusters = level.joints, level.thrusters
    motors = joints.active & joints.motor_on & ~joints.is_fixed_joint & ~joints.motor_auto
    used = {f"motor {i}" for i in np.unique(joints.motor_binding[motors])}
    used |= {f"thruster {i}" for i in np.unique(thrusters.thruster_binding[thrusters.active])}
    found: dict[str, dict[str, np.ndarray]] = {}
    for name, values in of_inputs.items():
        of, _, what = name.rpartition(" ")
        if of in used:
            found.setdefault(of, {})[what] = np.asarray(values)
    return found

"""Learning: rollouts, advantages, PPO, and the one update that every curriculum shares."""

from typing import TYPE_CHECKING

from kinetix_core.lazy import lazy_exports

if TYPE_CHECKING:
    from ._advantage import advantages
    from ._compiled import compiled
    from ._distributions import (
        Categorical,
        DiagonalNormal,
        MultiCategorical,
        action_outputs,
        distribution_for,
    )
    from ._equinox_network import EquinoxNetwork
    from ._nonfinite import diverged
    from ._normalise import NormalisedNetwork, NormalisedParameters, normalised
    from ._ppo import learn
    from ._rollout import Pool, rollout
    from ._setup import Setup
    from ._train import train
    from ._update import TrainState, init_state, to_batch, update
    from .config import CheckpointConfig, OnNaN, PPOConfig, Schedule, TrainConfig

_WHERE = {
    "._advantage": ("advantages",),
    "._distributions": (
        "Categorical",
        "DiagonalNormal",
        "MultiCategorical",
        "action_outputs",
        "distribution_for",
    ),
    "._nonfinite": ("diverged",),
    "._normalise": ("NormalisedNetwork", "NormalisedParameters", "normalised"),
    "._ppo": ("learn",),
    "._rollout": ("Pool", "rollout"),
    "._compiled": ("compiled",),
    "._equinox_network": ("EquinoxNetwork",),
    "._setup": ("Setup",),
    "._train": ("train",),
    "._update": ("TrainState", "init_state", "to_batch", "update"),
    ".config": ("CheckpointConfig", "OnNaN", "PPOConfig", "Schedule", "TrainConfig"),
}
__getattr__, __all__ = lazy_exports(  # pyright: ignore[reportUnsupportedDunderAll]
    __name__, {name: module for module, names in _WHERE.items() for name in names}
)

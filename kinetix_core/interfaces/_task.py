"""Task: what the parts of one run agree on."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kinetix_core.errors import SettingError
from kinetix_core.scene import SceneSize

if TYPE_CHECKING:
    from ._action import ActionSpace
    from ._curriculum import Curriculum
    from ._engine import Engine
    from ._generator import LevelGenerator
    from ._mutation import Mutation
    from ._network import PolicyNetwork
    from ._observation import ObservationEncoder


@dataclass(frozen=True)
class EnvConfig:
    """Episodes and rewards. Source: spec/environment.md 1."""

    frame_skip: int = 2
    """Physics steps per environment step, under one action."""
    max_timesteps: int = 256
    """Environment steps after which an episode is cut off."""
    dense_reward_scale: float = 0.2
    """Reward per metre that green comes nearer to blue; 0: sparse reward only."""

    def __post_init__(self) -> None:
        for name in ("frame_skip", "max_timesteps"):
            if getattr(self, name) < 1:
                raise SettingError(f"env.{name}={getattr(self, name)}: at least 1 is expected")
        if not 0 <= self.dense_reward_scale < math.inf:
            raise SettingError(
                f"env.dense_reward_scale={self.dense_reward_scale}: 0 or more is expected"
            )


@dataclass(frozen=True)
class Task:
    """Filled in the order engine, action, observation, generator, network, mutations, curriculum.

    A component's factory is called as `factory(config, task)` and sees what came before it.
    """

    size: SceneSize
    env: EnvConfig = EnvConfig()
    engine: Engine | None = None
    action: ActionSpace | None = None
    observation: ObservationEncoder | None = None
    generator: LevelGenerator | None = None
    network: PolicyNetwork | None = None
    mutations: tuple[Mutation, ...] = ()
    curriculum: Curriculum | None = None

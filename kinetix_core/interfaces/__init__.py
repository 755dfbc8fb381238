"""What the parts of the system promise each other. A plugin implements one of these classes."""

from typing import TYPE_CHECKING

from kinetix_core.lazy import lazy_exports

if TYPE_CHECKING:
    from ._action import ActionSpace
    from ._curriculum import (
        Buffer,
        Curriculum,
        CurriculumState,
        Outcome,
        Policy,
        Proposal,
        Score,
        Tools,
    )
    from ._engine import Engine, EngineState, Trace
    from ._figure import Chart, Drawing, Figure, Missing, Picture, Table
    from ._generator import LevelGenerator
    from ._level_source import LevelSource
    from ._logger import Logger, RunInfo
    from ._mutation import Mutation, mutate
    from ._network import Distribution, Memory, Parameters, PolicyNetwork, Tempered
    from ._observation import Observation, ObservationEncoder
    from ._spaces import Box, Discrete, MultiDiscrete, Record, Space
    from ._task import EnvConfig, Task

_WHERE = {
    "._action": ("ActionSpace",),
    "._curriculum": (
        "Buffer",
        "Curriculum",
        "CurriculumState",
        "Outcome",
        "Policy",
        "Proposal",
        "Score",
        "Tools",
    ),
    "._engine": ("Engine", "EngineState", "Trace"),
    "._figure": ("Chart", "Drawing", "Figure", "Missing", "Picture", "Table"),
    "._generator": ("LevelGenerator",),
    "._level_source": ("LevelSource",),
    "._logger": ("Logger", "RunInfo"),
    "._mutation": ("Mutation", "mutate"),
    "._network": ("Distribution", "Memory", "Parameters", "PolicyNetwork", "Tempered"),
    "._observation": ("Observation", "ObservationEncoder"),
    "._spaces": ("Box", "Discrete", "MultiDiscrete", "Record", "Space"),
    "._task": ("EnvConfig", "Task"),
}
__getattr__, __all__ = lazy_exports(  # pyright: ignore[reportUnsupportedDunderAll]
    __name__, {name: module for module, names in _WHERE.items() for name in names}
)

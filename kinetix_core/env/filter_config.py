"""Settings of the level filter. Standard library only."""

from dataclasses import dataclass

from kinetix_core.errors import SettingError


@dataclass(frozen=True)
class FilterConfig:
    """Leaves out levels that are solved by doing nothing. Source: spec/generator.md 6."""

    enabled: bool = False
    """Whether the run's generator goes through the filter."""
    steps: int = 64
    """Environment steps for which nothing is done."""
    sample_ratio: int = 2
    """Levels drawn for each one that is wanted."""
    solved_weight: float = 0.001
    """How likely a solved level is taken all the same, against one that is not (1)."""

    def __post_init__(self) -> None:
        for name in ("steps", "sample_ratio"):
            if getattr(self, name) < 1:
                raise SettingError(f"{name}={getattr(self, name)}: at least 1 is expected")
        if not 0 < self.solved_weight <= 1:
            raise SettingError(
                f"solved_weight={self.solved_weight}: more than 0, up to 1, is expected"
            )

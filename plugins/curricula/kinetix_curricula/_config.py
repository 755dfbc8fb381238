"""Settings of the built-in curricula. Standard library only."""

from dataclasses import dataclass

from kinetix_core.errors import SettingError


@dataclass(frozen=True)
class FixedConfig:
    """Training on a given set of levels: single-level training and fine-tuning."""

    pool: int = 0
    """Levels drawn per update, from which ended episodes draw; 0: one per environment."""

    def __post_init__(self) -> None:
        if self.pool < 0:
            raise SettingError(f"curriculum.pool={self.pool}: 0 or more is expected")

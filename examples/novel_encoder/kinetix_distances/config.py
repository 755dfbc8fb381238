"""Settings of the encoder. Standard library only: `kinetix config show` imports this module."""

from dataclasses import dataclass

from kinetix_core.errors import SettingError


@dataclass(frozen=True)
class DistancesConfig:
    """Settings of observation/distances."""

    scale: float = 5.0
    """Metres at which a distance reads as 1; the room is 5 m wide."""

    def __post_init__(self) -> None:
        if not self.scale > 0:
            raise SettingError(
                f"observation.scale={self.scale}: metres above 0 are expected, such as 5.0"
            )

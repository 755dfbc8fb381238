"""Settings of the built-in encoders. Standard library only."""

from dataclasses import dataclass

from kinetix_core.errors import SettingError


@dataclass(frozen=True)
class SymbolicConfig:
    """The flat vector of spec/observations.md 3. It has no settings: the published numbers."""


@dataclass(frozen=True)
class SymbolicPaddedConfig:
    """One row per entity: spec/observations.md 4. It has no settings: the published numbers."""


@dataclass(frozen=True)
class EntityConfig:
    """Tables of entities with masks and indexes: spec/observations.md 5."""

    attention_mask: bool = True
    """Give the four masks that say which bodies may attend to which; false: leave them out."""


@dataclass(frozen=True)
class EntityMaskedConfig(EntityConfig):
    """As `entity`, without what empty slots hold, and with contacts in both directions."""


@dataclass(frozen=True)
class EgocentricConfig:
    """The scene as seen from green, with a row for each input of the agent."""

    mirror: bool = True
    """Show the scene mirrored where blue is left of green, so that it never is."""


@dataclass(frozen=True)
class BlindConfig:
    """The time only: spec/observations.md 7. Its length follows env.max_timesteps."""


@dataclass(frozen=True)
class PixelsConfig:
    """A picture of the room: spec/rendering.md 1. The image has screen_dim / downscale pixels."""

    screen_dim: tuple[int, int] = (500, 500)
    """Width and height of the view before it is scaled down; it begins at the room's corner."""
    downscale: int = 4
    """Divides screen_dim and pixels_per_unit; below 4 bodies have outlines, joints have icons."""
    pixels_per_unit: int = 100
    """Pixels per metre before the view is scaled down."""
    max_shape_size: int = 2
    """Metres; a body is cut off where it reaches half of this from its centre along an axis."""
    padding_corner: bool = False
    """Draw triangles with their unused fourth corner, as published: parts or all of them vanish."""

    def __post_init__(self) -> None:
        least = {"downscale": 1, "pixels_per_unit": self.downscale, "max_shape_size": 1}
        for name, low in least.items():
            if getattr(self, name) < low:
                raise SettingError(
                    f"observation.{name}={getattr(self, name)}: at least {low} is expected"
                )
        if len(self.screen_dim) != 2 or min(self.screen_dim) < self.downscale:
            shown = ",".join(map(str, self.screen_dim))
            raise SettingError(
                f"observation.screen_dim=[{shown}]: width and height are expected, "
                f"each at least the downscale of {self.downscale}"
            )

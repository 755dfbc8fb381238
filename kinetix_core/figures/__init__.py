"""The built-in figures of reports, offered through the hook that every plugin uses."""

from typing import TYPE_CHECKING

from kinetix_core.lazy import lazy_exports

if TYPE_CHECKING:
    from ._comparison import Compared
    from ._comparison_chart import comparison_chart
    from ._galleries import Galleries, KeptLevel, gallery, kept_levels
    from ._health import Health
    from ._heat_map import HeatMap
    from ._improvement import Improvement
    from ._learning import Learning
    from ._profile import Profile
    from ._replays import Replays
    from ._solve_rates import SolveRates

_WHERE = {
    "._comparison": ("Compared",),
    "._comparison_chart": ("comparison_chart",),
    "._galleries": ("Galleries", "KeptLevel", "gallery", "kept_levels"),
    "._health": ("Health",),
    "._heat_map": ("HeatMap",),
    "._improvement": ("Improvement",),
    "._learning": ("Learning",),
    "._profile": ("Profile",),
    "._replays": ("Replays",),
    "._solve_rates": ("SolveRates",),
}
__getattr__, __all__ = lazy_exports(  # pyright: ignore[reportUnsupportedDunderAll]
    __name__, {name: module for module, names in _WHERE.items() for name in names}
)

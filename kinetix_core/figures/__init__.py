"""The built-in figures of reports, offered through the hook that every plugin uses."""

from typing import TYPE_CHECKING

from kinetix_core.lazy import lazy_exports

if TYPE_CHECKING:
    from ._comparison import Compared
    from ._comparison_chart import comparison_chart
    from ._failures import Failures
    from ._finetune import Finetuned, first_steps
    from ._forgetting import area, forgetting, forward_transfer
    from ._galleries import Galleries, KeptLevel, gallery, kept_levels
    from ._health import Health
    from ._heat_map import HeatMap
    from ._improvement import Improvement
    from ._iqm_curves import IqmCurves
    from ._learnability import Learnability
    from ._learning import Learning
    from ._lifelong import Lifelong
    from ._profile import Profile
    from ._replays import Replays
    from ._solve_rates import SolveRates

_WHERE = {
    "._comparison": ("Compared",),
    "._comparison_chart": ("comparison_chart",),
    "._failures": ("Failures",),
    "._finetune": (
        "Finetuned",
        "first_steps",
    ),
    "._forgetting": (
        "area",
        "forgetting",
        "forward_transfer",
    ),
    "._galleries": (
        "Galleries",
        "KeptLevel",
        "gallery",
        "kept_levels",
    ),
    "._health": ("Health",),
    "._heat_map": ("HeatMap",),
    "._improvement": ("Improvement",),
    "._iqm_curves": ("IqmCurves",),
    "._learnability": ("Learnability",),
    "._learning": ("Learning",),
    "._lifelong": ("Lifelong",),
    "._profile": ("Profile",),
    "._replays": ("Replays",),
    "._solve_rates": ("SolveRates",),
}
__getattr__, __all__ = lazy_exports(  # pyright: ignore[reportUnsupportedDunderAll]
    __name__, {name: module for module, names in _WHERE.items() for name in names}
)

"""Pictures and replays for people: vector pictures of levels, pages that play attempts."""

from typing import TYPE_CHECKING

from kinetix_core._lazy import lazy_exports

if TYPE_CHECKING:
    from ._page import replay_page, write_replay_page
    from ._recording import OUTCOMES, Recording
    from ._svg import contact_sheet_svg, filmstrip_svg, scene_svg

_WHERE = {
    "._page": ("replay_page", "write_replay_page"),
    "._recording": ("OUTCOMES", "Recording"),
    "._svg": ("contact_sheet_svg", "filmstrip_svg", "scene_svg"),
}
__getattr__, __all__ = lazy_exports(  # pyright: ignore[reportUnsupportedDunderAll]
    __name__, {name: module for module, names in _WHERE.items() for name in names}
)

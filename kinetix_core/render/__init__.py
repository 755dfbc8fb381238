"""Pictures and replays for people: pictures of levels, films and pages that play attempts."""

from typing import TYPE_CHECKING

from kinetix_core.lazy import lazy_exports

if TYPE_CHECKING:
    from ._film import write_film
    from ._formats import (
        FILMS,
        FORMATS,
        PAGES,
        STILLS,
        check_fps,
        require_packages,
        usual_still,
    )
    from ._page import replay_page, write_replay_page
    from ._picture import write_picture
    from ._policies import POLICIES, with_policy
    from ._recording import OUTCOMES, Recording
    from ._replay import Replay, read_replays
    from ._svg import contact_sheet_svg, filmstrip_svg, filmstrips_svg, scene_svg

_WHERE = {
    "._formats": (
        "FILMS",
        "FORMATS",
        "PAGES",
        "STILLS",
        "check_fps",
        "require_packages",
        "usual_still",
    ),
    "._film": ("write_film",),
    "._page": ("replay_page", "write_replay_page"),
    "._picture": ("write_picture",),
    "._policies": ("POLICIES", "with_policy"),
    "._recording": ("OUTCOMES", "Recording"),
    "._replay": ("Replay", "read_replays"),
    "._svg": ("contact_sheet_svg", "filmstrip_svg", "filmstrips_svg", "scene_svg"),
}
__getattr__, __all__ = lazy_exports(  # pyright: ignore[reportUnsupportedDunderAll]
    __name__, {name: module for module, names in _WHERE.items() for name in names}
)

"""The conformance kit: does a component keep the promises of its interface? For plugin authors.

from kinetix_core.scene import S
from kinetix_core.testing import check, example_task

def test_my_encoder():
    task = example_task(S)
    check("observation", MyEncoder(MyConfig(), task), task)
"""

from typing import TYPE_CHECKING

from kinetix_core.lazy import lazy_exports

if TYPE_CHECKING:
    from ._compare import assert_same, assert_traces_once, difference
    from ._curriculum import FakeTools, fake_outcome
    from ._examples import Examples, FreeFlight, Places, example_task
    from ._kit import CHECKS, Suite, check, promises
    from ._levels import example_levels, with_other_leftovers
    from ._logger import example_metrics
    from ._reports import example_report

_WHERE = {
    "._compare": ("assert_same", "assert_traces_once", "difference"),
    "._curriculum": ("FakeTools", "fake_outcome"),
    "._examples": ("Examples", "FreeFlight", "Places", "example_task"),
    "._kit": ("CHECKS", "Suite", "check", "promises"),
    "._levels": ("example_levels", "with_other_leftovers"),
    "._logger": ("example_metrics",),
    "._reports": ("example_report",),
}
__getattr__, __all__ = lazy_exports(  # pyright: ignore[reportUnsupportedDunderAll]
    __name__, {name: module for module, names in _WHERE.items() for name in names}
)

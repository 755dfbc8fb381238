"""What `kinetix bench` measures: parity with recordings, engine speed, time to start."""

from typing import TYPE_CHECKING

from kinetix_core.lazy import lazy_exports

if TYPE_CHECKING:
    from ._kernel_parity import add_kernels, kernels_agree, run_kernels
    from ._parts import build_engine, parse_sizes
    from ._published import PublishedEngine, require_published
    from .compile_time import CompileOptions, run_compile
    from .engine_speed import SpeedOptions, run_speed
    from .parity import Parity, run_parity
    from .report import Report, Table, render, store

_WHERE = {
    "._kernel_parity": ("add_kernels", "kernels_agree", "run_kernels"),
    "._parts": ("build_engine", "parse_sizes"),
    "._published": ("PublishedEngine", "require_published"),
    ".compile_time": ("CompileOptions", "run_compile"),
    ".engine_speed": ("SpeedOptions", "run_speed"),
    ".parity": ("Parity", "run_parity"),
    ".report": ("Report", "Table", "render", "store"),
}
__getattr__, __all__ = lazy_exports(  # pyright: ignore[reportUnsupportedDunderAll]
    __name__, {name: module for module, names in _WHERE.items() for name in names}
)

"""Composition: from `name=value` settings to the parts of a run. Imports no JAX by itself."""

from typing import TYPE_CHECKING

from kinetix_core.lazy import lazy_exports

if TYPE_CHECKING:
    from ._build import build_loggers, build_task
    from ._compose import compose_config, compose_run, compose_saved, leaves
    from ._explain import setting_names
    from ._finetune import compose_finetune
    from ._group_file import (
        check_keys,
        group_names,
        group_summary,
        group_text,
        settings_list,
        yaml_tree,
    )
    from ._levels import levels_note
    from ._overrides import first_comment, parse, preset_summary, presets
    from ._run import Chosen, ComposedRun, check_config
    from ._schema import PRESETS, SECTIONS, TopConfig, component_node, section_class
    from ._settings import Setting, settings_of
    from ._sweep import Job, run_sweep
    from ._sweep_file import Sweep, load_sweep, sweep_summary, sweeps

_WHERE = {
    "._build": ("build_loggers", "build_task"),
    "._compose": ("compose_config", "compose_run", "compose_saved", "leaves"),
    "._explain": ("setting_names",),
    "._finetune": ("compose_finetune",),
    "._group_file": (
        "check_keys",
        "group_names",
        "group_summary",
        "group_text",
        "settings_list",
        "yaml_tree",
    ),
    "._levels": ("levels_note",),
    "._overrides": ("first_comment", "parse", "preset_summary", "presets"),
    "._run": ("Chosen", "ComposedRun", "check_config"),
    "._schema": ("PRESETS", "SECTIONS", "TopConfig", "component_node", "section_class"),
    "._settings": ("Setting", "settings_of"),
    "._sweep": ("Job", "run_sweep"),
    "._sweep_file": ("Sweep", "load_sweep", "sweep_summary", "sweeps"),
}
__getattr__, __all__ = lazy_exports(  # pyright: ignore[reportUnsupportedDunderAll]
    __name__, {name: module for module, names in _WHERE.items() for name in names}
)

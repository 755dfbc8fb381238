"""How well a policy plays given levels: solve rates with intervals, over seeds, tables, replays."""

from typing import TYPE_CHECKING

from kinetix_core.lazy import lazy_exports

if TYPE_CHECKING:
    from ._evaluate import evaluate_policy, evaluate_seeds
    from ._interval import mean_interval, wilson_interval
    from ._results import Evaluation, Group, LevelResult, pooled
    from ._set_table import set_level_rows, set_lines, set_rows, set_table
    from ._sets import (
        UNTRAINED,
        NamedSet,
        SetResult,
        evaluate_sets,
        load_sets,
        named_set,
        named_sets,
        untrained_params,
    )
    from ._sizes import task_in_size
    from ._statistics import (
        FEWEST_SEEDS,
        bootstrap_band,
        bootstrap_curve,
        bootstrap_interval,
        improvement_interval,
        interquartile_mean,
        performance_profile,
        probability_of_improvement,
    )
    from ._table import (
        Table,
        evaluation_table,
        group_numbers,
        group_table,
        interval_text,
        level_rows,
        percent,
        summary_lines,
        text_table,
    )
    from ._write import chosen_recordings, write_evaluation, write_results

_WHERE = {
    "._evaluate": ("evaluate_policy", "evaluate_seeds"),
    "._interval": ("mean_interval", "wilson_interval"),
    "._results": ("Evaluation", "Group", "LevelResult", "pooled"),
    "._table": (
        "Table",
        "evaluation_table",
        "group_numbers",
        "group_table",
        "interval_text",
        "level_rows",
        "percent",
        "summary_lines",
        "text_table",
    ),
    "._set_table": ("set_level_rows", "set_lines", "set_rows", "set_table"),
    "._sets": (
        "UNTRAINED",
        "NamedSet",
        "SetResult",
        "evaluate_sets",
        "load_sets",
        "named_set",
        "named_sets",
        "untrained_params",
    ),
    "._sizes": ("task_in_size",),
    "._statistics": (
        "FEWEST_SEEDS",
        "bootstrap_band",
        "bootstrap_curve",
        "bootstrap_interval",
        "improvement_interval",
        "interquartile_mean",
        "performance_profile",
        "probability_of_improvement",
    ),
    "._write": ("chosen_recordings", "write_evaluation", "write_results"),
}
__getattr__, __all__ = lazy_exports(  # pyright: ignore[reportUnsupportedDunderAll]
    __name__, {name: module for module, names in _WHERE.items() for name in names}
)

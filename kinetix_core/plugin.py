"""The core's own components, offered through the hooks that every plugin uses."""

from __future__ import annotations

from collections.abc import Iterator

from kinetix_core.registry import Component, hookimpl

_ACTIONS = (
    ("multi_discrete", "MultiDiscrete", "one choice for each motor and thruster binding"),
    ("continuous", "Continuous", "one number for each motor and thruster binding"),
    ("discrete", "Discrete", "one choice: a single motor or thruster binding at a time"),
)
_LOGGERS = (
    ("console", "Console", "live progress in the terminal", False),
    ("jsonl", "Jsonl", "one line of JSON per update, in the run folder", False),
    ("csv", "Csv", "one row per update, in the run folder", False),
    ("tensorboard", "Tensorboard", "curves for TensorBoard (extra `tensorboard`)", True),
    ("wandb", "Wandb", "Weights & Biases, online or offline (extra `wandb`)", True),
)
"""Name, word in the classes' names, summary, and whether it needs a package of an extra."""

_FIGURES = (
    ("comparison", "Compared", "methods over seeds: means, IQM, intervals, each seed"),
    ("improvement", "Improvement", "how likely one method does better than another"),
    ("heat_map", "HeatMap", "solve rate of each method on each level"),
    ("profile", "Profile", "share of seeds and levels that are solved at least how often"),
    ("learning", "Learning", "solve rates over environment steps"),
    ("iqm_curves", "IqmCurves", "interquartile mean over steps, with intervals"),
    ("finetune", "Finetuned", "agents that go on on one level, beside ones from scratch"),
    ("lifelong", "Lifelong", "one set after another: forgetting, transfer, plasticity"),
    ("learnability", "Learnability", "of a curriculum's levels, against their solve rate"),
    ("failures", "Failures", "strips of attempts that were not solved"),
    ("solve_rates", "SolveRates", "sets, groups and levels of an evaluation"),
    ("replays", "Replays", "kept attempts, in the player"),
    ("galleries", "Galleries", "easiest, hardest and most learnable levels of a curriculum"),
    ("health", "Health", "entropy, losses, gradients and the like, over steps"),
)


@hookimpl
def kinetix_components() -> Iterator[Component]:
    """Actions, loggers, figures, and the levels of a run by its folder."""
    for name, word, summary in _ACTIONS:
        yield Component(
            "action",
            name,
            config=f"kinetix_core.env.action_config:{word}Config",
            factory=f"kinetix_core.env.actions:{word}Actions",
            summary=summary,
        )
    for name, word, summary, optional in _LOGGERS:
        yield Component(
            "logger",
            name,
            config=f"kinetix_core.record.logger_config:{word}Config",
            factory=f"kinetix_core.record.{name}:{word}Logger",
            summary=summary,
            check=f"kinetix_core.record.{name}:check" if optional else None,
        )
    for name, word, summary in _FIGURES:
        yield Component(
            "figure",
            name,
            config="kinetix_core.figures.config:FigureConfig",
            factory=f"kinetix_core.figures:{word}",
            summary=summary,
        )
    yield Component(
        "level_set",
        "run",
        config="kinetix_core.record.run_levels:RunLevelsConfig",
        factory="kinetix_core.record.run_levels:RunLevels",
        summary="the levels that a run was trained on: run:DIR",
    )


@hookimpl
def kinetix_config_folders() -> Iterator[str]:
    """Our own presets."""
    yield "pkg://kinetix_configs"

"""figure/health: the learner's own measures."""

from __future__ import annotations

from dataclasses import dataclass

from kinetix_core.interfaces import Drawing, Figure, Missing, Task
from kinetix_core.report import STEPS, Axes, Line, ReportData, line_chart, line_rows, metric_curves

from .config import FigureConfig

MEASURES = {
    "ppo/entropy": ("Entropy", "nats; falls as the policy makes up its mind"),
    "ppo/approx_kl": ("KL divergence", "of the new policy from the one that played"),
    "ppo/value_loss": ("Value loss", ""),
    "ppo/explained_variance": ("Explained variance", "of the value: 1 is perfect"),
    "ppo/clip_fraction": ("Clip fraction", "share of samples that were clipped"),
    "ppo/gradient_norm": ("Gradient norm", "before it is scaled down"),
    "network/dormant": ("Dormant units", "share of units that hardly react"),
    "network/effective_rank": ("Effective rank", "of the last hidden layer before the value"),
    "network/weight_norm": ("Weight norm", "of all that gradients change"),
    "episode/return": ("Return", "mean of the training episodes"),
    "episode/length": ("Episode length", "environment steps"),
}
"""Of each metric a title, and words below."""


@dataclass(frozen=True)
class Health(Figure):
    """Small charts; those that nobody logged are left out."""

    config: FigureConfig
    task: Task

    def draw(self, data: ReportData) -> Drawing | Missing:
        several = len(data.methods) > 1
        names = [method.name for method in data.methods] if several else []
        charts, rows = [], []
        for metric, (title, words) in MEASURES.items():
            lines = [
                Line(run.name, points, colour)
                for colour, method in enumerate(data.methods)
                for run in method.runs
                for points in metric_curves(run, metric)
                if points
            ]
            if lines:
                rows += [
                    {k: v for k, v in row.items() if k not in ("low", "high")}
                    for line in lines
                    for row in line_rows(line, metric=metric, run=line.name)
                ]
                axes = Axes(x_title=STEPS)
                charts.append(
                    line_chart(lines, axes, title=title, legend=names, caption=words, small=True)
                )
        if not charts:
            return Missing("none of the learner's measures was logged")
        return Drawing("Health of the learner", "", charts, rows)

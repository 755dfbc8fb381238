"""In words: is the level at fault, or the agent?"""

from __future__ import annotations

from kinetix_core.evaluate import interval_text, percent, wilson_interval
from kinetix_core.render import OUTCOMES

from ._explain import Explanation
from ._specialist import Specialist

ENOUGH = 0.5
"""Share of attempts from which on a policy is said to solve a level."""


def verdict(found: Explanation) -> str:
    """One sentence."""
    agent = f"{found.solved} of {len(found.attempts)} attempts"
    if found.rate >= ENOUGH:
        return f"The agent solves this level, in {agent}."
    if not found.specialists:
        can = "It can be solved, as the agent does" if found.solved else "Whether it can be solved"
        unknown = f" now and then ({agent})" if found.solved else " is not known"
        return f"{can}{unknown}: training on this level alone was not asked for."
    tuned, fresh = found.specialists
    steps = f"{tuned.steps:,} steps on this level alone"
    if tuned.rate >= ENOUGH and fresh.rate >= ENOUGH:
        return (
            f"The agent is at fault, not the level: {steps} solve it, from the agent and from"
            " scratch."
        )
    if tuned.rate >= ENOUGH:
        return (
            f"The agent is at fault, not the level: {steps} solve it from the agent, though not"
            " from scratch, so what it learnt elsewhere helps and practice was missing."
        )
    if fresh.rate >= ENOUGH:
        return (
            f"The agent is at fault, not the level: {steps} solve it from scratch and not from the"
            " agent, whose habits or worn-out units are in the way."
        )
    if found.solved or tuned.ever or fresh.ever:
        return (
            f"The level is hard rather than impossible: it was solved {_who(found)}, but {steps} do"
            " not make a policy that solves half of its attempts."
        )
    return (
        f"The level may be at fault: nobody ever solved it, neither the agent nor {steps}, from the"
        " agent or from scratch."
    )


def _who(found: Explanation) -> str:
    """By whom and how often a level was solved that nobody solves half of the time."""
    agent = [f"by the agent in {found.solved} of {len(found.attempts)} attempts"]
    parts = agent if found.solved else []
    for special in found.specialists:
        after = f"after training {special.start} in {special.solved} of {special.attempts} attempts"
        parts += [after] if special.solved else []
    trained = sum(special.in_training for special in found.specialists)
    parts += [f"{times(trained)} while training"] if trained else []
    return ", ".join(parts[:-1]) + (" and " if parts[1:] else "") + parts[-1]


def times(count: int) -> str:
    """How often."""
    return "once" if count == 1 else f"{count:,} times"


def summary_lines(found: Explanation) -> list[str]:
    """Counts, closest approach and trainings; the verdict is the last line."""
    total = len(found.attempts)
    interval = interval_text(wilson_interval(found.solved, total))
    counts = ", ".join(
        f"{number} {outcome}"
        for outcome in OUTCOMES
        if (number := sum(a.recording.outcome == outcome for a in found.attempts))
    )
    lines = [
        f"{found.name}, {total} attempts: {counts}",
        f"solved {percent(found.rate)} (95 % interval {interval})",
        f"closest approach of green to blue: {metres(found.closest)}",
    ]
    lines += [
        f"after {special.steps:,} steps on this level alone, {special.start}: "
        f"{special.solved} of {special.attempts} attempts solved{_while_training(special)}"
        for special in found.specialists
    ]
    return [*lines, verdict(found)]


def _while_training(special: Specialist) -> str:
    """Told of a training that made no policy which solves the level."""
    if special.rate >= ENOUGH or not special.in_training:
        return ""
    return f", and solved {times(special.in_training)} while training"


def metres(gap: float | None) -> str:
    """Surface to surface."""
    return "no green and blue body" if gap is None else f"{gap:.2f} m"

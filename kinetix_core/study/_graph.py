"""The jobs of a study, what each waits for, and how each is composed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kinetix_core.compose import compose_finetune, compose_run, levels_note, parse
from kinetix_core.errors import KinetixError, LevelError, SettingError
from kinetix_core.scene import SceneSize, smallest

from ._definition import Study
from ._parts import AGENTS, FINETUNE, FRESH, SCRATCH, SEQUENCE

if TYPE_CHECKING:
    from kinetix_core.compose import ComposedRun
    from kinetix_core.scene import SizedLevel

_LOGGER = "jsonl"
_START = "init_"
"""What settings begin with that say how a run takes over the parameters of another."""
_OF_AGENTS = ("experiment", "curriculum", "generator", "mutation")
"""What only agents are given: other runs are composed as `kinetix finetune` does it."""


@dataclass(frozen=True)
class StudyJob:
    """One run of a study.

    part: `agents`, `finetune`, `scratch`, `sequence` or `fresh`. levels: what it is trained on,
    empty for agents. settings: those of agents in full, of other runs what is on top of their
    method's agent. start: the run whose parameters it begins from; empty: fresh ones.
    """

    run: str
    method: str
    seed: int
    part: str = AGENTS
    levels: str = ""
    stage: int = 0
    settings: tuple[str, ...] = ()
    start: str = ""


def study_jobs(study: Study) -> tuple[StudyJob, ...]:
    """Every run, each after what it begins from. Agents come first.

    Raises `LevelError` for names of levels that mean nothing.
    """
    agents = [agent_job(study, method, seed) for seed in study.seeds for method in study.methods]
    more = [job for agent in agents for job in (*_finetune(study, agent), *_stages(study, agent))]
    jobs = (*agents, *more)
    names = [job.run for job in jobs]
    for name in names:
        if names.count(name) > 1:
            raise SettingError(f"{name}: two runs of the study have this name")
    return jobs


def agent_job(study: Study, method: str, seed: int) -> StudyJob:
    """The agent of a method with a seed."""
    settings = (*study.settings, *study.methods[method], *study.overrides, f"seed={seed}")
    return StudyJob(f"{method}-seed-{seed}", method, seed, settings=settings)


def _finetune(study: Study, agent: StudyJob) -> Iterator[StudyJob]:
    if not (part := study.finetune):
        return
    for level in finetune_levels(study):
        settings = _on_levels(study, agent, (level,), part.settings)
        label = level.rpartition("/")[2].removesuffix(".json")
        yield _run(FINETUNE, agent, label, level, 0, settings, agent.run)
        if part.scratch:
            yield _run(SCRATCH, agent, label, level, 0, settings, "")


def finetune_levels(study: Study) -> list[str]:
    """The name of each level of the set."""
    from kinetix_core.scene import level_names

    assert study.finetune is not None
    return level_names(study.finetune.levels)


def _stages(study: Study, agent: StudyJob) -> Iterator[StudyJob]:
    if not (part := study.sequence):
        return
    start = agent.run
    for stage, names in enumerate(part.stages):
        settings, levels = _on_levels(study, agent, names, part.settings), ",".join(names)
        job = _run(SEQUENCE, agent, f"stage-{stage}", levels, stage, settings, start)
        yield job
        start = job.run
        if part.fresh:
            yield _run(FRESH, agent, f"stage-{stage}", levels, stage, settings, "")


def _run(
    part: str,
    agent: StudyJob,
    label: str,
    levels: str,
    stage: int,
    settings: tuple[str, ...],
    start: str,
) -> StudyJob:
    name = re.sub(r"[^A-Za-z0-9._]+", "-", f"{agent.run}-{part}-{label}")
    if not start:
        settings = tuple(text for text in settings if not text.lstrip("-").startswith(_START))
    return StudyJob(name, agent.method, agent.seed, part, levels, stage, settings, start)


def _on_levels(
    study: Study, agent: StudyJob, names: Sequence[str], settings: Sequence[str]
) -> tuple[str, ...]:
    """What `kinetix finetune` of the agent is given."""
    written = names[0] if len(names) == 1 else f"[{','.join(names)}]"
    overrides = (
        override.text
        for override in parse(study.overrides)
        if override.key.split(".")[0] not in _OF_AGENTS and not override.key.startswith(_START)
    )
    return (f"levels={written}", *settings, *overrides, f"seed={agent.seed}")


def compose_job(job: StudyJob, agent: StudyJob, runs: str = "") -> ComposedRun:
    """The run of a job, whose method's agent with that seed is `agent`.

    runs: the folder that it is placed in, where what it begins from stands, too; empty: no matter.
    """
    place = [f"train.directory={_quoted(runs)}", f"train.name={job.run}"] if runs else []
    if job.part == AGENTS:
        return compose_run([*job.settings, *place])
    start = str(Path(runs) / job.start) if job.start else ""
    return compose_finetune(start, compose_run(agent.settings).config, [*job.settings, *place])


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def check_compositions(study: Study) -> None:
    """Compose a run of each method and part, and look for the levels of all.

    Raises a `KinetixError` that names the method or part.
    """
    played = _played(study)
    with _named("finetune.levels"):
        levels = finetune_levels(study) if study.finetune else []
    first = study.seeds[0]
    seen: list[tuple[str, Mapping[str, Any]]] = []
    for method in study.methods:
        agent = agent_job(study, method, first)
        with _named(f"methods.{method}"):
            composed = compose_run(agent.settings)
            _check(composed)
            _check_differs(composed.config, seen)
        seen.append((method, composed.config))
        _check_played(played, composed.size, method)
        if part := study.finetune:
            with _named(f"finetune of {method}"):
                _check_levels(composed, _on_levels(study, agent, levels[:1], part.settings), levels)
        if sequence := study.sequence:
            for names in sequence.stages:
                with _named(f"sequence of {method}"):
                    more = _on_levels(study, agent, names, sequence.settings)
                    size = _check_levels(composed, more, names)
                _check_played(played, size, f"sequence of {method}")


def _check_differs(config: Mapping[str, Any], seen: Sequence[tuple[str, Any]]) -> None:
    """Raises `SettingError` for a method that is composed as one before it."""
    for method, other in seen:
        if other == config:
            raise SettingError(
                f"the same run as methods.{method}; leave one of them out, or give them settings"
                " that differ"
            )


def _played(study: Study) -> dict[str, tuple[SizedLevel, ...]]:
    """What all agents play at the end, looked up: the levels of each set, by where it is asked."""
    from kinetix_core.scene import sized_levels

    found = {}
    for where, names in examined(study).items():
        with _named(where):
            for name in names:
                found[f"{where}: {name}"] = tuple(sized_levels(name))
    return found


def examined(study: Study) -> dict[str, tuple[str, ...]]:
    """The sets of levels that agents and what learns in turn play, by where they are named."""
    if not study.evaluate:
        return {}
    stages = study.sequence.stages if study.sequence else ()
    more = {f"sequence.stages[{i}]": names for i, names in enumerate(stages)}
    return {"evaluate.levels": study.evaluate.levels, **more}


def _check_played(played: Mapping[str, Sequence[SizedLevel]], size: SceneSize, method: str) -> None:
    """Raises `LevelError` where a level does not fit, or none of a set of several sizes."""
    for where, levels in played.items():
        large = [one for one in levels if not size.holds(one.size)]
        wrong = [one for one in large if not one.only_if_fits] or (
            large if len(large) == len(levels) else []
        )
        if wrong:
            raise LevelError(
                f"{where}: {wrong[0].name} is a level of size {wrong[0].size.name} and does not fit"
                f" size {size.name} of {method}; take smaller levels, or put"
                f" size={smallest(wrong[0].size).written} among its settings"
            )


def _check_levels(agent: ComposedRun, settings: Sequence[str], levels: Sequence[str]) -> SceneSize:
    """The size of a run on top of its agent.

    Raises where there cannot be such a run, or one of the levels does not fit it.
    """
    composed = compose_finetune("agent", agent.config, settings)
    _check(composed)
    generator = composed["generator"]
    for name in levels:
        config = replace(generator.config, levels=name)
        levels_note(replace(generator, config=config), composed.size)
    return composed.size


def _check(composed: ComposedRun) -> None:
    levels_note(composed["generator"], composed.size)
    if all(logger.name != _LOGGER for logger in composed.loggers):
        raise SettingError(f"logger=: the report of a study is made of what {_LOGGER} logs; add it")


def agents_of(jobs: Sequence[StudyJob]) -> dict[tuple[str, int], StudyJob]:
    """The agents by method and seed."""
    return {(job.method, job.seed): job for job in jobs if job.part == AGENTS}


@contextmanager
def _named(name: str) -> Iterator[None]:
    """Puts the name of a part in front of what goes wrong."""
    try:
        yield
    except KinetixError as error:
        raise type(error)(f"{name}: {error}") from error

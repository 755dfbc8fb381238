"""`kinetix explain`: what is watched, what is trained, and what is said about it."""

from __future__ import annotations

import re
from dataclasses import replace

import jax
import numpy as np
import pytest

from kinetix_core.cli import main
from kinetix_core.compose import build_task, compose_run
from kinetix_core.errors import KinetixError
from kinetix_core.evaluate import evaluate_policy, untrained_params
from kinetix_core.explain import Specialist, explain, summary_lines, verdict
from kinetix_core.record import RunFolder, load_run
from kinetix_core.render import OUTCOMES
from kinetix_core.report import explanation_page
from kinetix_core.scene import load_levels

LEVEL = "handmade/s/lift_off"
TINY = [
    *("network.depth=1", "network.width=8", "env.max_timesteps=40", "ppo.num_envs=8"),
    *("ppo.num_steps=16", "ppo.num_minibatches=2", "ppo.epochs=1"),
]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """The folder of a run that has learnt nothing."""
    place = tmp_path_factory.mktemp("runs")
    composed = compose_run([*TINY, f"train.directory={place}", "train.name=agent"])
    folder = RunFolder.create(composed)
    task = build_task(composed, ("engine", "action", "observation", "network"))
    folder.save_parameters(jax.jit(lambda key: untrained_params(task, key))(jax.random.key(1)), 3)
    return folder.path


@pytest.fixture(scope="module")
def found(run):
    return explain(run, LEVEL, attempts=6, steps=512)


def test_attempts_are_those_of_an_evaluation(run, found):
    loaded, levels = load_run(run), load_levels(LEVEL, found.level.size)
    played = evaluate_policy(
        loaded.task, loaded.params, levels.levels, levels.names, 6, jax.random.key(0), record=6
    )
    outcomes = [OUTCOMES[i] for i in played.levels[0].outcome]
    assert [a.recording.outcome for a in found.attempts] == outcomes
    for attempt, recording in zip(found.attempts, played.recordings, strict=True):
        np.testing.assert_array_equal(attempt.recording.controls, recording.controls)
        np.testing.assert_allclose(attempt.recording.position, recording.position, atol=1e-5)


def test_what_the_policy_thought_at_each_step(found):
    assert (found.name, found.update, found.agent) == (LEVEL, 3, 0)
    for attempt in found.attempts:
        steps = attempt.recording.steps
        assert attempt.value.shape == (steps,)
        assert len(np.unique(attempt.value)) > 1
        (of, inclined), *others = attempt.chances.items()
        assert of.startswith("thruster ")
        assert not others, "one thruster is all that drives anything here"
        assert list(inclined) == ["on"]
        assert np.all((inclined["on"] > 0.2) & (inclined["on"] < 0.8)), "nothing is learnt yet"
        assert attempt.gap is not None
        assert attempt.gap.shape == (steps + 1,)
        assert attempt.solved == (attempt.closest == 0.0)
    assert found.closest == min(a.closest for a in found.attempts)


def test_training_on_the_level_alone_goes_on_and_begins_afresh(found):
    tuned, fresh = found.specialists
    assert (tuned.start, fresh.start) == ("from the agent", "from scratch")
    assert tuned.steps == fresh.steps == 512
    assert tuned.attempts == 6
    rates = [rate for special in found.specialists for _, rate in special.curve]
    assert np.isfinite(rates).any()
    assert tuned.curve != fresh.curve
    for special in found.specialists:
        solved = any(rate > 0 for _, rate in special.curve)
        assert (special.in_training > 0) == solved


def test_the_page_is_whole_and_always_the_same(run, found, tmp_path, capsys):
    page = explanation_page(found)
    for title in ("Outcomes", "Attempts", "What the policy thought", "Trained on this level alone"):
        assert f"<h2>{title}</h2>" in page
    assert verdict(found) in page
    assert not re.search(r"(?:src|href)=\"https?:", page)
    out = tmp_path / "why.html"
    words = ["explain", LEVEL, f"run={run}", "attempts=6", "--specialist", "512"]
    assert main([*words, "--out", str(out)]) == 0
    assert out.read_text() == page
    said = capsys.readouterr().out.splitlines()
    assert said == [*summary_lines(found), str(out)]


def test_a_training_in_which_no_episode_ended_says_so(found):
    pair = tuple(replace(s, curve=((16.0, float("nan")),)) for s in found.specialists)
    page = explanation_page(replace(found, specialists=pair))
    assert "No episode ended in 16 steps; train for more." in page


def special(start, solved, curve=0.0):
    return Specialist(start, ((1000.0, curve),), solved, 10, round(10 * curve))


@pytest.mark.parametrize(
    ("tuned", "fresh", "curve", "said"),
    [
        (9, 8, 1.0, r"^The agent is at fault, not the level: 1,000 steps .* and from scratch\.$"),
        (9, 0, 1.0, r"^The agent is at fault.* from the agent, though not from scratch"),
        (2, 8, 1.0, r"^The agent is at fault.* from scratch and not from the agent"),
        (
            0,
            0,
            0.1,
            r"^The level is hard rather than impossible: .* solved once while training, but",
        ),
        (2, 0, 0.3, r"solved after training from the agent in 2 of 10 attempts and 3 times while"),
        (0, 0, 0.0, r"^The level may be at fault: nobody ever solved it"),
    ],
)
def test_the_verdict_follows_from_the_counts(found, tuned, fresh, curve, said):
    failed = [a for a in found.attempts if not a.solved]
    assert failed, "this agent has learnt nothing"
    pair = (special("from the agent", tuned, curve), special("from scratch", fresh))
    assert re.search(said, verdict(replace(found, attempts=tuple(failed), specialists=pair)))


def test_without_a_training_the_verdict_is_open_unless_the_agent_solves_it(found):
    failed = tuple(a for a in found.attempts if not a.solved)[:1]
    alone = replace(found, attempts=failed, specialists=())
    assert verdict(alone).startswith("Whether it can be solved is not known")
    recording = replace(failed[0].recording, outcome=OUTCOMES[0])
    good = replace(alone, attempts=(replace(failed[0], recording=recording),))
    assert verdict(good) == "The agent solves this level, in 1 of 1 attempts."


def test_mistakes_are_one_line(run, capsys):
    def refused(*words):
        assert main(["explain", *words]) == 2
        return capsys.readouterr().err.strip().splitlines()[-1]

    assert "run=: the folder of a training run" in refused(LEVEL)
    assert "no such run folder" in refused(LEVEL, f"run={run}x")
    assert "handmade/s/lift_of" in refused("handmade/s/lift_of", f"run={run}")
    assert "attempts=0: a whole number" in refused(LEVEL, f"run={run}", "attempts=0")
    assert "attempt: unknown setting" in refused(LEVEL, f"run={run}", "attempt=3").replace("=3", "")
    for idle in ("train.total_steps=9", "network.width=9", "ppo.normalise_observations=true"):
        said = refused(LEVEL, f"run={run}", idle)
        assert f"{idle}: only settings of the learner, as ppo.learning_rate=1e-4" in said
    said = refused(LEVEL, f"run={run}", "ppo.epoch=2")
    assert "ppo.epoch: unknown setting; did you mean ppo.epochs" in said
    said = refused(LEVEL, f"run={run}", "ppo.epochs=2", "--specialist", "0")
    assert "means nothing with --specialist 0" in said
    assert "ends with .html" in refused(LEVEL, f"run={run}", "--out", "x.png")
    file = run / "config.json"
    assert "cannot be written" in refused(LEVEL, f"run={run}", "--out", f"{file}/x.html")
    assert main(["explain", "handmade/s", f"run={run}"]) == 2
    said = capsys.readouterr().err
    assert "one level is expected" in said
    assert "watching" not in said
    with pytest.raises(KinetixError, match=r"one level is expected; these are \d+, the first"):
        explain(run, "handmade/s", steps=0)
    with pytest.raises(KinetixError, match=r"^agent=2: .* trained 1, the first of them 0"):
        explain(run, LEVEL, agent=2, steps=0)
    with pytest.raises(KinetixError, match=r"takes the size that it was trained in only"):
        explain(run, "handmade/m/sling_load", size="m", steps=0)

"""Studies in files: what they may say, and what is made of it."""

import functools
from pathlib import Path

import pytest

from kinetix_core.errors import KinetixError
from kinetix_core.study import compose_job, load_study, studies, study_jobs, study_summary
from tests.plugin_packages import installed
from tests.study.stage import GOOD, add_study


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    """The file of the study `mine`, in a package of its own."""
    with installed(tmp_path_factory.mktemp("packages") / "site") as packages:
        yield add_study(packages)


@pytest.fixture
def add(file):
    """Writes the study `mine`, which is `GOOD` before."""
    file.write_text(GOOD)
    return file.write_text


def test_a_package_brings_its_own(add):
    assert studies()["mine"] == "pkg://askers/configs/study/mine.yaml"
    assert study_summary("mine") == "Is long better than short?"
    study = load_study("mine", ["ppo.num_envs=8"], [4])
    assert (study.seeds, study.overrides) == ((4,), ("ppo.num_envs=8",))
    assert study.evaluate
    assert study.evaluate.attempts == 2


@pytest.mark.parametrize("name", sorted(studies()))
def test_those_that_come_along_are_sound(name):
    study = load_study(name)
    assert study_summary(name)
    assert len(study.seeds) == 3
    assert study.evaluate
    assert {"random/s", "handmade/s"} <= set(study.evaluate.levels)


def test_jobs_come_after_what_they_begin_from(add):
    jobs = study_jobs(load_study("mine", ["ppo.num_envs=8"]))
    names = [job.run for job in jobs]
    assert names[:4] == ["short-seed-0", "long-seed-0", "short-seed-1", "long-seed-1"]
    assert len(jobs) == 4 * (1 + 2 * 2 + 2)
    for number, job in enumerate(jobs):
        assert not job.start or job.start in names[:number]
    starts = {job.run: job.start for job in jobs}
    assert starts["short-seed-0-finetune-lift_off"] == "short-seed-0"
    assert starts["short-seed-0-scratch-lift_off"] == ""
    assert starts["long-seed-1-sequence-stage-0"] == "long-seed-1"
    assert starts["long-seed-1-sequence-stage-1"] == "long-seed-1-sequence-stage-0"
    last = jobs[-1]
    assert (last.part, last.stage) == ("sequence", 1)
    assert last.levels == "handmade/s/roll_right,handmade/s/climb_left"


def test_a_level_of_a_made_set_is_gone_on_with(add):
    add(replaced("levels: [handmade/s/lift_off, h", "levels: [random/s/007, h"))
    jobs = {job.run: job for job in study_jobs(load_study("mine"))}
    tuned = compose_job(jobs["long-seed-0-finetune-007"], jobs["long-seed-0"])
    assert tuned["generator"].config.levels == "random/s/007"


def test_where_runs_are_and_what_they_begin_with(add, tmp_path):
    jobs = {job.run: job for job in study_jobs(load_study("mine", [], [3]))}
    compose = functools.partial(compose_job, agent=jobs["long-seed-3"], runs=str(tmp_path))
    tuned = compose(jobs["long-seed-3-finetune-lift_off"])
    assert Path(tuned.init_from) == tmp_path / "long-seed-3"
    assert Path(tuned.train.directory, tuned.train.name) == (
        tmp_path / "long-seed-3-finetune-lift_off"
    )
    assert compose(jobs["long-seed-3-scratch-lift_off"]).init_from == ""
    later = compose(jobs["long-seed-3-sequence-stage-1"])
    assert Path(later.init_from) == tmp_path / "long-seed-3-sequence-stage-0"
    levels = ["handmade/s/roll_right", "handmade/s/climb_left"]
    assert list(later["generator"].config.levels) == levels


def test_settings_of_jobs(add):
    add(GOOD.replace("[levels=handmade/s/lift_off, ppo", "[experiment=laptop_sfl, ppo"))
    jobs = study_jobs(load_study("mine", ["ppo.num_envs=64", "generator.third_shape=false"], [7]))
    agent = compose_job(jobs[0], jobs[0])
    assert (agent["curriculum"].name, agent["generator"].name, agent.seed) == ("sfl", "random", 7)
    assert agent["generator"].config.third_shape is False
    tuned = compose_job(jobs[2], jobs[0])
    assert (tuned["curriculum"].name, tuned["generator"].name, tuned.seed) == ("fixed", "files", 7)
    assert tuned["network"] == agent["network"]
    assert tuned.ppo == agent.ppo
    assert tuned.ppo.num_envs == 64
    assert tuned.train.total_steps == 128


def replaced(old, new):
    assert old in GOOD
    return GOOD.replace(old, new)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[1, 2", "cannot be read"),
        (replaced("methods:", "method:"), "method: unknown; did you mean methods"),
        (replaced("[0, 1]", "[0, 0]"), "seeds=[0, 0]: whole numbers from 0 to"),
        (replaced("[0, 1]", "0"), "seeds=0: whole numbers"),
        (replaced("short: []", "short: x"), "methods.short: a list is expected"),
        (replaced("short: []", "sh/ort: []"), "methods.sh/ort: letters, digits"),
        (replaced("short: []", "short: [seed=1]"), "methods.short: seed=1: a study chooses it"),
        (
            replaced("[train.total_steps=192]", "['ppo.epochs=1']"),
            "methods.long: the same run as methods.short; leave one of them out",
        ),
        (replaced("steps=192", "step=192"), "methods.long: train.total_step: unknown setting"),
        (replaced("short: []", "short: [network=mpl]"), "methods.short: network=mpl: unknown"),
        (
            replaced("short: []", "short: ['logger=[csv]']"),
            "logger=: the report of a study is made",
        ),
        (replaced("[handmade/s/lift_off], att", "[handmad], att"), "evaluate.levels: handmad"),
        (replaced("attempts: 2", "attempts: 0"), "evaluate.attempts=0: a whole number"),
        (replaced("attempts", "attemps"), "evaluate.attemps: unknown; did you mean attempts"),
        (
            replaced("evaluate:", "#"),
            "sequence: what is kept of each set is measured by `evaluate`",
        ),
        (replaced("[handmade/s/lift_off], att", "[random/s/9999], att"), "there are random/s/000"),
        (
            replaced("[handmade/s/lift_off], att", "[handmade/l/crane], att"),
            "of size l and does not fit size s of short; take smaller levels, or put size=l among",
        ),
        (
            replaced("[handmade/s/lift_off], att", "[random/m], att"),
            "evaluate.levels: random/m: r",
        ),
        (
            replaced("stages: [handmade/s/lift_off", "stages: [random/s/0"),
            "stages[0]: random/s/0: ",
        ),
        (
            replaced("[handmade/s/lift_off, h", "['run:r', h"),
            "finetune.levels: run=r: no such run folder",
        ),
        (replaced("handmade/s/lift_off, h", "handmade/l/crane, h"), "finetune of short: "),
        (replaced("steps=128", "step=128"), "finetune of short: train.total_step: unknown"),
        (replaced("[train.total_steps=128]", "[levels=handmade]"), "the study chooses the levels"),
        (replaced("fresh: false", "fresh: 3"), "sequence.fresh=3: true or false"),
        (replaced("climb_left", "climb_lef"), "sequence.stages[1]: handmade/s/climb_lef: no such"),
        (GOOD + "figures: [profle]\n", "figure=profle: unknown; did you mean profile"),
        (replaced("stages: [", "stages: [[], "), "sequence.stages[0]=[]: a name or a list"),
    ],
)
def test_a_mistake_is_one_line_that_names_the_file(add, text, words):
    add(text)
    with pytest.raises(KinetixError) as caught:
        load_study("mine")
    said = str(caught.value)
    assert said.startswith("pkg://askers/configs/study/mine.yaml: ")
    assert words in said
    assert "\n" not in said


def test_a_mistake_on_the_command_line_is_not_one_of_the_file(add):
    with pytest.raises(KinetixError, match=r"^methods\.short: ppo\.num_env: unknown"):
        load_study("mine", ["ppo.num_env=2"])
    with pytest.raises(KinetixError, match=r"^study min: unknown; did you mean mine"):
        load_study("min")
    with pytest.raises(KinetixError, match=r"^--seeds=\[1, 1\]: whole numbers"):
        load_study("mine", [], [1, 1])
    with pytest.raises(KinetixError, match=r"^--seeds=\[4294967296\]: whole numbers from 0 to 42"):
        load_study("mine", [], [2**32])


def test_what_is_compared_is_not_overridden(add):
    with pytest.raises(KinetixError, match="the study's method long chooses its value"):
        load_study("mine", ["train.total_steps=64"])
    add(replaced("short: []", "short: [experiment=laptop_plr]"))
    for setting in ("curriculum=dr", "filter.enabled=false"):
        with pytest.raises(KinetixError, match=f"^{setting}: the study's methods differ in it"):
            load_study("mine", [setting])

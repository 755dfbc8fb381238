"""`kinetix bench start`: what it runs, and its table."""

import pytest

from kinetix_core.bench import compile_time, start_time
from kinetix_core.bench.report import Report
from kinetix_core.bench.start_time import StartOptions, run_start, start_settings
from kinetix_core.compose import compose_run
from kinetix_core.errors import SettingError


@pytest.mark.parametrize("preset", ["laptop", "laptop_sfl", "dr_s", "sfl_l", "gpu_m", "plr_s"])
def test_the_settings_of_a_preset_compose_to_one_short_update(preset):
    run = compose_run(start_settings(preset))
    steps = run.ppo.num_envs * run.ppo.num_steps * run.train.rollouts_per_update
    assert run.train.total_steps == 1
    assert steps <= start_time.MOST_STEPS


def test_a_laptop_preset_is_measured_as_it_is():
    assert start_settings("laptop_dr")[0] == "experiment=laptop_dr"
    assert not any(s.startswith("ppo.") for s in start_settings("laptop_dr"))


def test_a_preset_that_there_is_not_is_named():
    with pytest.raises(SettingError, match=r"laptop_sf.*did you mean laptop_sfl"):
        start_settings("laptop_sf")


def test_the_table_holds_each_preset_with_nothing_cached_and_then_cached(monkeypatch):
    seen = []

    def train(settings, environment, folder):
        programs = environment[compile_time.PROGRAM_CACHE]
        cached = programs in seen
        seen.append(programs)
        return (2.0, 1.0) if cached else (20.0, 10.0)

    monkeypatch.setattr(compile_time, "_train", train)
    report = Report("start", "kinetix bench start")
    run_start(StartOptions(("laptop", "laptop_dr"), repeats=2), report)
    (table,) = report.tables
    assert [row[0] for row in table.rows] == ["laptop", "laptop_dr"]
    assert [str(x).split()[0] for x in table.rows[0][1:]] == ["20", "10", "2", "1"]
    assert len(seen) == 8

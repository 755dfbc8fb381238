"""A run that is taken up with other settings is told which of them decide about its state."""

from kinetix_core.record._changes import changed_settings


def test_what_cannot_decide_about_arrays_is_not_named():
    before = {
        "size": "s",
        "ppo": {"num_envs": 8},
        "network": {"name": "mlp", "width": 16},
        "evaluation": {"every_updates": 0},
        "checkpoint": {"keep": 2},
        "logger": {"csv": {"name": "csv", "file": "a.csv"}},
    }
    now = {
        "size": "s",
        "ppo": {"num_envs": 16},
        "network": {"name": "mlp", "width": None},
        "evaluation": {"every_updates": 5},
        "checkpoint": {"keep": 3},
        "logger": {},
    }
    assert changed_settings(before, now) == [
        "ppo.num_envs=16 (it was 8)",
        "network.width=null (it was 16)",
    ]

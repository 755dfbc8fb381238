"""The folder of a study that never was: made-up runs of every part, and its definition."""

import json
from pathlib import Path

from kinetix_core.record import package_versions
from tests.report.sample import evaluate_seeds, sample_run

LEVELS = ("handmade/s/roll_right", "handmade/s/lift_off")
STAGES = ("mine", "random/s")
SUMMARY = "Does what was learnt before help?"


def sample_study(folder: Path, *, without: tuple[str, ...] = (), runs: bool = True) -> Path:
    """Two methods of three seeds; agents go on on two levels, and learn two sets in turn.

    without: runs that are not there. runs: whether any is.
    """
    seeds = (0, 1, 2)
    jobs = [_job("agents", method, seed) for seed in seeds for method in ("dr", "sfl")]
    for agent in tuple(jobs):
        who = agent["method"], agent["seed"]
        for part in ("finetune", "scratch"):
            jobs += [_job(part, *who, levels=level) for level in LEVELS]
        for part in ("sequence", "fresh"):
            jobs += [_job(part, *who, levels=s, stage=i) for i, s in enumerate(STAGES)]
    definition = {
        "name": "transfer",
        "summary": SUMMARY,
        "settings": ["levels=handmade/s"],
        "seeds": list(seeds),
        "methods": {"dr": ["curriculum=dr"], "sfl": ["curriculum=sfl"]},
        "evaluate": {"levels": ["mine", "random/s"], "attempts": 4},
        "figures": [],
        "overrides": ["ppo.epochs=1"],
        "jobs": jobs,
        "hash": "0123456789abcdef",
        "versions": package_versions(),
    }
    folder.mkdir(parents=True)
    (folder / "study.json").write_text(json.dumps(definition))
    for number, job in enumerate(jobs):
        if runs and job["run"] not in without:
            _write(folder / "runs" / job["run"], job, number)
    return folder


def _job(part, method, seed, levels="", stage=0):
    label = "" if part == "agents" else f"-{part}-{levels.replace('/', '-')}"
    return {
        "run": f"{method}-seed-{seed}{label}",
        "method": method,
        "seed": seed,
        "part": part,
        "levels": levels,
        "stage": stage,
        "settings": [],
        "start": f"{method}-seed-{seed}" if part in ("finetune", "sequence") else "",
    }


def _write(folder, job, number):
    """Fine-tuned agents solve every level, networks from scratch only the first."""
    strength = {"finetune": 0.95, "scratch": 0.9 if job["levels"] == LEVELS[0] else 0.1}
    strong = strength.get(job["part"], 0.5 + 0.02 * (number % 7))
    method = f"curriculum={job['method']}"
    sample_run(folder, method, evaluated=False, strength=strong, updates=40)
    config = json.loads((folder / "config.json").read_text()) | {"seed": job["seed"]}
    (folder / "config.json").write_text(json.dumps(config))
    solved = [(number + i) % 5 for i in range(6)]
    evaluate_seeds(
        folder, {"mine": [solved], "random/s": [[(3 * i + number) % 5 for i in range(70)]]}
    )
    rates = [[n / 4 for n in solved]]
    rows = [
        {"update": u, "set": "mine", "hash": "0123456789abcdef", "solve_rates": rates}
        for u in (10, 20, 20)
    ]
    (folder / "evaluations.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))

"""Loggers that break a promise each."""

from dataclasses import dataclass, field

from kinetix_core.interfaces import Logger


@dataclass
class Rows(Logger):
    """Keeps what it is told."""

    rows: list = field(default_factory=list)

    def open(self, run):
        self.rows.clear()

    def log(self, step, metrics):
        self.rows.append((step, dict(metrics)))

    def close(self):
        pass


class Changes(Rows):
    def log(self, step, metrics):
        metrics["update"] = step


class OneSeedOnly(Rows):
    def log(self, step, metrics):
        super().log(step, {name: float(value) for name, value in metrics.items()})


class FiniteOnly(Rows):
    def log(self, step, metrics):
        numbers = [x for v in metrics.values() for x in (v if isinstance(v, list) else [v])]
        super().log(step, {"rounded": [round(x) for x in numbers]})


class FixedNames(Rows):
    def log(self, step, metrics):
        super().log(step, metrics)
        assert set(metrics) == set(self.rows[0][1])


class ClosesFullOnly(Rows):
    def close(self):
        self.rows[-1]


GOOD = Rows
BROKEN = {
    "takes_a_run": [lambda task: Changes],
    "takes_several_seeds": [lambda task: OneSeedOnly],
    "takes_numbers_that_are_not_finite": [lambda task: FiniteOnly],
    "takes_names_that_come_and_go": [lambda task: FixedNames],
    "closes_after_an_error": [lambda task: ClosesFullOnly],
}

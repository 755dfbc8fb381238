"""What the published environment does, measured once: its package needs an older JAX than ours."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class PublishedRate:
    """Environment steps per CPU second, of two versions of the published package."""

    older: int
    newer: int

    def __str__(self) -> str:
        return f"{self.older:,} to {self.newer:,}"

    @property
    def best(self) -> int:
        """The faster one, which ratios are taken against."""
        return max(self.older, self.newer)


PUBLISHED_ENVIRONMENT = {
    "s": PublishedRate(3034, 5185),
    "m": PublishedRate(2008, 2905),
    "l": PublishedRate(518, 759),
}
"""By size. Frame skip 2, flat symbolic observations, random actions, auto-reset to the same level,
256 environments, the published levels of the size, best of 5 to 40 calls of 16 steps each."""

PUBLISHED_NOTE = (
    "published: kinetix-env 2.0.2 and 3.0.2 (jax2d 1.0, JAX 0.5.3) in processes of their own on "
    "two x86 cores with other work, 256 environments, flat symbolic observations; CPU seconds, "
    "good to about 30 %. The ratio is to the faster of the two."
)


PUBLISHED_UPDATES = {("symbolic", "mlp"): 1630, ("entity", "transformer"): 88}
"""Environment steps of whole PPO updates per CPU second in size s, by observation and network,
with `PUBLISHED_PPO`; measured on two x86 cores with other work."""

PUBLISHED_PPO = {"num_envs": 256, "num_steps": 64, "num_minibatches": 8, "epochs": 8}
"""What the published script was run with to get them."""

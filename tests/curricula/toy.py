"""A toy world for curricula: numbered levels whose outcome is known."""

from dataclasses import dataclass, field, replace

import jax
import jax.numpy as jnp

from kinetix_core.interfaces import LevelGenerator, Outcome
from kinetix_core.scene import S, empty_scene


def numbered(number):
    """A level that carries its number (traced or not) as the height of a circle."""
    scene = jax.tree.map(jnp.asarray, empty_scene(S))
    position = scene.circles.position.at[0].set(jnp.stack([1.0, jnp.float32(number)]))
    return replace(scene, circles=replace(scene.circles, position=position))


def numbers(levels):
    return levels.circles.position[:, 0, 1]


@dataclass(frozen=True)
class Numbers(LevelGenerator):
    """Levels numbered 0..count - 1, uniformly."""

    count: int = 10

    def sample(self, key, n):
        return jax.vmap(numbered)(jax.random.randint(key, (n,), 0, self.count))


def outcome_of(solved, *, best=None, value=None, episodes=None):
    """An Outcome of these solve rates."""
    solved = jnp.asarray(solved, jnp.float32)
    ones = jnp.ones_like(solved)
    return Outcome(
        episodes=(ones if episodes is None else jnp.asarray(episodes)).astype(jnp.int32),
        solved=solved,
        best_return=solved if best is None else jnp.asarray(best, jnp.float32),
        mean_return=solved,
        mean_length=ones,
        mean_value=0 * ones if value is None else jnp.asarray(value, jnp.float32),
        mean_positive_advantage=solved,
    )


@dataclass(frozen=True)
class ToyTools:
    """Plays are answered by a function of the levels' numbers."""

    solved: object = lambda number: number / 10
    num_envs: int = 6
    generator: LevelGenerator = field(default_factory=Numbers)

    def sample(self, key, n):
        return self.generator.sample(key, n)

    def play(self, key, policy, levels, steps):
        return outcome_of(self.solved(numbers(levels)))

    def mutate(self, key, levels, edits):
        return jax.vmap(lambda n: numbered(n + 100 * edits))(numbers(levels))

"""Which settings change the training on one level. No JAX."""

from __future__ import annotations

from collections.abc import Sequence

from kinetix_core.compose import parse
from kinetix_core.errors import SettingError

_OF_THE_POLICY = "ppo.normalise_observations"


def check_learner_settings(settings: Sequence[str]) -> None:
    """Raises `SettingError` for one that is not of the learner, so would have no effect.

    What the policy sees and is belongs to the agent.
    """
    for override in parse(settings):
        if not override.key.startswith("ppo.") or override.key == _OF_THE_POLICY:
            raise SettingError(
                f"{override.text}: only settings of the learner, as ppo.learning_rate=1e-4, change"
                " the training on the level; --specialist STEPS says how long it is"
            )

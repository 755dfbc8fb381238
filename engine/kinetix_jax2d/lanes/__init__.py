"""The physics in plain JAX, over arrays whose last axis is the scenes ("lanes")."""

from ._kernel import steps_at_once, steps_on_cpu, steps_on_gpu

__all__ = ["steps_at_once", "steps_on_cpu", "steps_on_gpu"]

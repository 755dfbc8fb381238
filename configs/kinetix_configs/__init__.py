"""Presets and sweeps: YAML that composes runs."""

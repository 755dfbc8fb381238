"""Presets, sweeps and studies: YAML that composes runs."""

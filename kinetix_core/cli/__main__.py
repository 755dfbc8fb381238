"""`python -m kinetix_core.cli`: the same as `kinetix`."""

from kinetix_core.cli import command

command()

"""`python -m kinetix_core.cli`: the same as `kinetix`."""

import sys

from kinetix_core.cli import main

sys.exit(main())

"""`python -m mil_core`, for torchrun and for who has no `mil` on the path."""

import sys

from mil_core.cli import main

sys.exit(main())

"""``python -m evaluation``: what `make evaluate` calls."""

import sys

from evaluation.cli import main

sys.exit(main())

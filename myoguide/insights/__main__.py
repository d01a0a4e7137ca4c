"""``python -m myoguide.insights``: what `make insights` calls."""

import sys

from myoguide.insights.cli import main

sys.exit(main())

"""``python -m myoguide run|shell|train``: what the Makefile calls."""

import sys

from myoguide.launch import main

sys.exit(main())

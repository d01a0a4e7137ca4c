"""``python -m myoguide.channels``: which messengers are on; connects them."""

import sys

from myoguide.channels.cli import main

sys.exit(main())

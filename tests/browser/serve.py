"""Serves the trained assistant for the browser tests until its standard input closes.

Ports come from MYOGUIDE_PORT and MYOGUIDE_ACTION_PORT, as for `make run`; logs go to the folder
that is the first argument.
"""

import os
import sys
from pathlib import Path

from myoguide import launch

launch.LOGS = Path(sys.argv[1])
with launch.services(int(os.environ["MYOGUIDE_PORT"])):
    sys.stdin.read()

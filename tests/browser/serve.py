"""Serves the trained assistant for the browser tests until its standard input closes.

Ports come from MYOGUIDE_PORT and MYOGUIDE_ACTION_PORT, as for `make run`; logs go to the folder
that is the first argument. A second one, "actions", ends the action server once everything is up.
"""

import os
import signal
import sys
from pathlib import Path

from myoguide import launch

launch.LOGS = Path(sys.argv[1])
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
with launch.services(int(os.environ["MYOGUIDE_PORT"])) as (actions, _):
    if "actions" in sys.argv[2:]:
        actions.terminate()
        actions.wait()
    sys.stdout.write("serving for browser tests\n")
    sys.stdout.flush()
    sys.stdin.read()

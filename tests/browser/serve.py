"""Serves the trained assistant for the browser tests until its standard input closes.

The port comes from MYOGUIDE_PORT, as for `make run`; logs go to the folder that is the first
argument. With a second one, "actions", it is told of an action server that is not there.
"""

import os
import signal
import sys
from pathlib import Path

from myoguide import launch

launch.LOGS = Path(sys.argv[1])
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
if "actions" in sys.argv[2:]:
    os.environ["MYOGUIDE_ACTIONS_URL"] = f"http://127.0.0.1:{launch.free_port()}/webhook"
with launch.services(int(os.environ["MYOGUIDE_PORT"])):
    sys.stdout.write("serving for browser tests\n")
    sys.stdout.flush()
    sys.stdin.read()

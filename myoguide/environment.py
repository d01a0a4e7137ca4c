"""Defaults that hold for every Python process of the environment, Rasa's own commands included.

Loaded at interpreter start by ``.venv/.../myoguide.pth``; so it imports next to nothing.
"""

import os
from pathlib import Path

from myoguide import rasa_speed
from myoguide.nlu import without_tensorflow

DEFAULTS = {
    "RASA_TELEMETRY_ENABLED": "false",
    "SANIC_LOGO": "",
    # None: actions run in the Rasa server's own process (`myoguide.actions_here`).
    "MYOGUIDE_ACTIONS_URL": "",
    # Rasa warns about dependencies it pins itself; nobody who runs the assistant can mend those.
    "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
    # One message is too little work for two threads, which wait for each other at full speed;
    # training gives each core a model of its own.
    "OPENBLAS_NUM_THREADS": "1",
}

for name, value in DEFAULTS.items():
    os.environ.setdefault(name, value)

# endpoints.yml keeps conversations there.
(Path(__file__).resolve().parent.parent / "var").mkdir(exist_ok=True)

without_tensorflow.install()
rasa_speed.install()

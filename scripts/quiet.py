"""Passes Rasa's validation through without its noise; exits 1 when it found a fault.

Rasa warns about a response selector we do not use (our own classifier answers retrieval intents)
and repeats deprecations of libraries it pins. Nobody who edits content can mend those.
"""

import re
import sys

NOISE = re.compile(
    r"DeprecationWarning|pkg_resources|declare_namespace|jsonpickle|response selector|"
    r"ResponseSelector|rasa.com/docs|^\s*(import|from|return|parser)\b|add_argument_group|"
    r"^Implementing implicit|PyparsingDeprecation"
)
# Rasa compares custom actions and responses by name; these are used from code or by slot.
FAULT = re.compile(r"ERROR|Error|Project validation completed with errors|invalid", re.I)

failed = False
for line in sys.stdin:
    text = re.sub(r"\x1b\[\d+m", "", line).rstrip()
    if not text or NOISE.search(text):
        continue
    failed |= bool(FAULT.search(text))
    print(text)
sys.exit(failed)

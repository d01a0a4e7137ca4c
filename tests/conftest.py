"""For all tests."""

import os

from hypothesis import settings

# The same examples in every run: what fails was broken by the change, not by luck. New ones are
# drawn with MYOGUIDE_FUZZ=new.
settings.register_profile("same", derandomize=True)
settings.register_profile("new", derandomize=False)
settings.load_profile(os.environ.get("MYOGUIDE_FUZZ", "same"))

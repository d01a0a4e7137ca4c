"""For all tests."""

from hypothesis import settings

# The same examples in every run: what fails was broken by the change, not by luck.
settings.register_profile("same", derandomize=True)
settings.load_profile("same")

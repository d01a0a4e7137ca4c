"""Custom actions, one per file; the file's name is the action's name. They hold no content."""

from myoguide.operations import logs
from myoguide.privacy.logs import keep_texts_out

# Before the first message reaches the action server.
keep_texts_out()
logs.from_environment()

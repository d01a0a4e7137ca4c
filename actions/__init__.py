"""Custom actions, one per file; the file's name is the action's name. They hold no content."""

import sys

if "rasa" not in sys.modules:  # an action server; a Rasa server sees to all of this itself
    from actions import content  # noqa: F401
    from myoguide.operations import logs
    from myoguide.operations.garbage import settle
    from myoguide.privacy.logs import keep_texts_out

    keep_texts_out()
    logs.from_environment()
    settle()

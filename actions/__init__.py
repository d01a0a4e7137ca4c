"""Custom actions, one per file; the file's name is the action's name. They hold no content."""

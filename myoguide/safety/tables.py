"""Reads the tables under ``data/safety`` and says plainly what is wrong with a broken one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

_YamlLoader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class TableError(ValueError):
    """A table under ``data/safety`` is broken; the message names file, entry and reason."""

    def __init__(self, path: Path, entry: str, reason: str) -> None:
        super().__init__(f"{path}: entry '{entry}': {reason}")


def load_table(path: Path) -> dict[str, Any]:
    """Return the mapping in a YAML file; raises `TableError` if it is not one."""
    try:
        table = yaml.load(path.read_text(encoding="utf-8"), Loader=_YamlLoader)
    except FileNotFoundError as error:
        raise TableError(path, "(file)", "the file is missing") from error
    except yaml.YAMLError as error:
        raise TableError(path, "(file)", f"not valid YAML: {error}") from error
    if not isinstance(table, dict):
        raise TableError(path, "(file)", "expected a mapping at the top level")
    return table


def text_list(path: Path, entry: str, value: Any) -> list[str]:
    """Return ``value`` as a list of strings; one string with line breaks is one item a line."""
    if value is None:
        return []
    if isinstance(value, str):
        return [line.strip() for line in value.splitlines() if line.strip()]
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return value
    raise TableError(path, entry, "expected a list of texts")


def word_set(text: str) -> frozenset[str]:
    """The words of a line, as a set."""
    return frozenset(text.split())

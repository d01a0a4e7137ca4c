"""YAML in which every text still knows its line, so that a fault can name it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from myoguide.knowledge.fault import Fault

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NULLS = {"", "~", "null"}

# A mapping of the file; its keys are ``Text``, so that they know their line too.
Tree = dict[Any, Any]


class Text(str):
    """A scalar as written, never turned into a number or a date.

    ``line`` is where it begins, counted from 1; for a block scalar that is its first line of text.
    ``quoted`` tells whether it stood in quotes: Rasa cannot train on a bare date.
    """

    line: int
    quoted: bool

    def __new__(cls, value: str, line: int, quoted: bool = False) -> Text:
        text = super().__new__(cls, value)
        text.line = line
        text.quoted = quoted
        return text


class MarkedError(Exception):
    """The file is not YAML that can be read; ``fault`` says where and why."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(str(fault))
        self.fault = fault


def read_marked(file: Path) -> Any:
    """Return dicts, lists, ``Text`` and None; an empty file gives None.

    Raises MarkedError when the file is not valid YAML or repeats a key, which YAML readers
    otherwise pass over in silence and keep only the last.
    """
    try:
        node = yaml.compose(file.read_text(encoding="utf-8"), Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise MarkedError(
            Fault(
                file, line, f"not valid YAML: {error.problem}", "Correct the line or the one above"
            )
        ) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        reason = " ".join(str(error).split())
        raise MarkedError(
            Fault(file, 1, f"not readable: {reason}", "Save the file as plain UTF-8 text")
        ) from error
    return None if node is None else _plain(node, file)


def _plain(node: Any, file: Path) -> Any:
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, file)
    if isinstance(node, yaml.SequenceNode):
        return [_plain(child, file) for child in node.value]
    if not node.style and node.value.lower() in _NULLS:
        return None
    is_block = node.style in ("|", ">")
    line = node.start_mark.line + (2 if is_block else 1)
    return Text(node.value, line, quoted=node.style in ("'", '"'))


def _mapping(node: yaml.MappingNode, file: Path) -> Tree:
    mapping: Tree = {}
    for key_node, value_node in node.value:
        key = Text(str(key_node.value), key_node.start_mark.line + 1)
        if key in mapping:
            raise MarkedError(Fault(file, key.line, f"'{key}' stands twice", "Keep one of the two"))
        mapping[key] = _plain(value_node, file)
    return mapping

"""The signs of the escalation protocol and how findings combine into them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from myoguide.safety.context import Finding
from myoguide.safety.findings import Findings
from myoguide.safety.tables import TableError, load_table, text_list

LEVELS = ("none", "routine", "urgent", "emergency")
_SAY = {
    "emergency": {"call", "steps"},
    "urgent": {"first", "why", "tell", "worse"},
    "routine": {"book", "why", "worse"},
}
_WHEN = frozenset(("now", "unknown", "earlier", "history"))
_FEWEST_EXAMPLES = 10


@dataclass(frozen=True)
class Combination:
    """Findings that together are a sign.

    ``all_of``: one of each set must be told. ``none_of``: of none of these
    sets may every finding be told. ``near``: at
    most so many words from the first to the last (0: anywhere). ``when``: times that the finding
    of the first set may have.
    """

    all_of: tuple[frozenset[str], ...]
    none_of: tuple[frozenset[str], ...]
    near: int
    when: frozenset[str]


@dataclass(frozen=True)
class Sign:
    """One sign of the escalation protocol."""

    id: str
    level: str
    recognised: tuple[Combination, ...]
    examples: tuple[tuple[str, ...], ...]
    counter_examples: tuple[tuple[str, ...], ...]
    say: dict[str, Any]
    reference: str


def load_signs(folder: Path, findings: Findings) -> dict[str, Sign]:
    """Read ``signs.yml``; order of entries is order of precedence within a level."""
    path = folder / "signs.yml"
    return {name: _sign(path, name, entry, findings) for name, entry in load_table(path).items()}


def _sign(path: Path, name: str, entry: Any, findings: Findings) -> Sign:
    if not isinstance(entry, dict):
        raise TableError(path, name, "expected a mapping")
    missing = {"level", "recognised", "examples", "counter_examples", "say", "reference"} - set(
        entry
    )
    if missing:
        raise TableError(path, name, f"lacks {', '.join(sorted(missing))}")
    if entry["level"] not in LEVELS[1:]:
        raise TableError(path, name, f"level must be one of {', '.join(LEVELS[1:])}")
    wanted = _SAY[entry["level"]]
    if not isinstance(entry["say"], dict) or not wanted - {"why"} <= set(entry["say"]):
        raise TableError(path, name, f"'say' of this level needs {', '.join(sorted(wanted))}")
    for kind in ("examples", "counter_examples"):
        if len(entry[kind]) < _FEWEST_EXAMPLES:
            raise TableError(path, name, f"needs at least {_FEWEST_EXAMPLES} {kind}")
    combinations = tuple(_combination(path, name, rule, findings) for rule in entry["recognised"])
    return Sign(
        name,
        entry["level"],
        combinations,
        _conversations(entry["examples"]),
        _conversations(entry["counter_examples"]),
        entry["say"],
        str(entry["reference"]),
    )


def _conversations(entries: list) -> tuple[tuple[str, ...], ...]:
    """Examples are single messages or lists of messages of one conversation."""
    return tuple((e,) if isinstance(e, str) else tuple(map(str, e)) for e in entries)


def _combination(path: Path, name: str, rule: Any, findings: Findings) -> Combination:
    if isinstance(rule, str):
        rule = {"all": rule}
    sets = []
    for part in str(rule["all"]).split("+"):
        sets.append(_members(path, name, part, findings))
    unless = _exceptions(path, name, str(rule.get("unless", "")), findings)
    when = frozenset(text_list(path, name, rule.get("when"))) or _WHEN - {"history"}
    if not when <= _WHEN:
        raise TableError(path, name, f"'when' must be among {', '.join(sorted(_WHEN))}")
    return Combination(tuple(sets), unless, int(rule.get("near", 0)), when)


def _exceptions(path: Path, name: str, text: str, findings: Findings) -> tuple[frozenset[str], ...]:
    """ "a|b&c": a alone, or b together with c."""
    sets: list[frozenset[str]] = []
    for part in filter(None, text.split("|")):
        if "&" in part:
            joint = [_members(path, name, piece, findings) for piece in part.split("&")]
            sets.append(frozenset().union(*joint))
        else:
            sets += [frozenset((member,)) for member in _members(path, name, part, findings)]
    return tuple(sets)


def _members(path: Path, name: str, text: str, findings: Findings) -> frozenset[str]:
    members: set[str] = set()
    for part in filter(None, (piece.strip() for piece in text.split("|"))):
        if part in findings.groups:
            members |= findings.groups[part]
        elif part in findings.ids:
            members.add(part)
        else:
            raise TableError(path, name, f"unknown finding '{part}'")
    return frozenset(members)


def evidence(
    combination: Combination, told: dict[str, list[Finding]], traits: frozenset[str]
) -> tuple[Finding, ...]:
    """The findings that fulfil a combination, or nothing; its exceptions are not looked at."""
    chosen: list[list[Finding]] = []
    for place, names in enumerate(combination.all_of):
        allowed = combination.when if place == 0 else _WHEN - {"history"}
        fitting = [
            finding
            for name in names
            for finding in told.get(name, ())
            if finding.when in allowed or name in traits
        ]
        if not fitting:
            return ()
        chosen.append(fitting)
    if not combination.near:
        return tuple(group[0] for group in chosen)
    for first in chosen[0]:
        picked = [min(group, key=lambda f: abs(f.start - first.start)) for group in chosen]
        if max(f.end for f in picked) - min(f.start for f in picked) <= combination.near:
            return tuple(picked)
    return ()


def excepted(combination: Combination, names: frozenset[str]) -> bool:
    """Tell whether the findings named rule the combination out."""
    return any(exception <= names for exception in combination.none_of)


def index(findings: Iterable[Finding]) -> dict[str, list[Finding]]:
    """Findings that count, by id."""
    told: dict[str, list[Finding]] = {}
    for finding in findings:
        if finding.counts:
            told.setdefault(finding.id, []).append(finding)
    return told

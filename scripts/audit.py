"""`make audit`: checks the locked packages against the advisories known to this repository.

``deploy/advisories.yml`` lists them with the versions concerned and, where a version of ours is
among them, why that is contained. An affected package without a reason is a fault, and so is a
reason for a package that is no longer affected. Where the network allows it, `pip-audit` and
`npm audit` know more; ``make audit`` says how to run them.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from packaging.specifiers import SpecifierSet
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[1]
ADVISORIES = Path("deploy") / "advisories.yml"
PINNED = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", re.MULTILINE)
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")


def faults(lock: str, advisories: list[dict[str, Any]]) -> Iterator[str]:
    """What is wrong, each in one line."""
    pinned = {_normal(name): Version(version) for name, version in PINNED.findall(lock)}
    yield from unpinned(lock)
    for entry in advisories:
        name, package = entry["id"], _normal(entry["package"])
        version = pinned.get(package)
        is_affected = version is not None and version in SpecifierSet(entry["affected"])
        if is_affected and not entry.get("contained"):
            yield f"{name}: {package} {version} is affected ({entry['what']}) and not contained"
        if entry.get("contained") and not is_affected:
            now = f"{package} {version or '(gone)'}"
            yield f"{name}: {now} is not affected any more: drop 'contained'"


def unpinned(lock: str) -> Iterator[str]:
    """Lines that pin no exact version, and packages without a hash."""
    for entry in lock.replace("\\\n", " ").splitlines():
        line = entry.strip()
        if not line or line.startswith("#"):
            continue
        if not PINNED.match(line):
            yield f"requirements.lock: {line[:60]!r} names no exact version"
        elif not HASH.search(line):
            yield f"requirements.lock: {line.split()[0]} has no hash"


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def main() -> int:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    advisories = yaml.safe_load((ROOT / ADVISORIES).read_text(encoding="utf-8"))
    found = list(faults(lock, advisories))
    for fault in found:
        print(f"audit: {fault}", file=sys.stderr)
    contained = sum(bool(entry.get("contained")) for entry in advisories)
    print(
        f"{len(PINNED.findall(lock))} packages, all pinned with hashes; {len(advisories)} known "
        f"advisories, {contained} of them of versions in use and contained (docs/dependencies.md)."
        if not found
        else f"{len(found)} faults."
    )
    print(
        "With a network: pip-audit --require-hashes --disable-pip -r requirements.lock; "
        "(cd widget && npm audit --omit=dev)"
    )
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

"""`make sbom`: a software bill of materials (CycloneDX 1.5) of what is installed and shipped.

Read from the lock files alone, so that it says what any installation of this version consists of:
``requirements.lock`` (the servers) and ``widget/package-lock.json`` (the chat in the browser).
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
import uuid
from importlib import metadata
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PYTHON, WIDGET = "requirements.lock", "widget/package-lock.json"
PINNED = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", re.MULTILINE)
Component = dict[str, Any]


def python_components(lock: str) -> list[Component]:
    """One component for each pinned package, with its licence where it is installed here."""
    return [
        _component(f"pkg:pypi/{_normal(name)}@{version}", name, version, _licence(name))
        for name, version in PINNED.findall(lock)
    ]


def widget_components(lock: dict[str, Any]) -> list[Component]:
    """What the widget is built from; tools that do not reach the browser are out of its scope."""
    found = []
    for path, entry in lock["packages"].items():
        name = path.rpartition("node_modules/")[2]
        if not name:
            continue
        purl = f"pkg:npm/{name.replace('@', '%40')}@{entry['version']}"
        component = _component(purl, name, entry["version"], entry.get("license"))
        component["scope"] = (
            "excluded" if entry.get("dev") and not entry.get("inBundle") else "required"
        )
        found.append(component)
    return found


def bill(root: Path = ROOT) -> dict[str, Any]:
    """The whole document; the same lock files give the same document."""
    texts = [(root / name).read_text(encoding="utf-8") for name in (PYTHON, WIDGET)]
    components = [*python_components(texts[0]), *widget_components(json.loads(texts[1]))]
    unique = {component["bom-ref"]: component for component in components}
    digest = hashlib.sha256("".join(texts).encode()).digest()
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "serialNumber": f"urn:uuid:{uuid.UUID(bytes=digest[:16], version=4)}",
        "version": 1,
        "metadata": {
            "component": {"type": "application", "bom-ref": "myoguide", "name": "myoguide"}
        },
        "components": [unique[name] for name in sorted(unique)],
    }


def _component(purl: str, name: str, version: str, licence: str | None) -> Component:
    component: Component = {
        "type": "library",
        "bom-ref": purl,
        "name": name,
        "version": version,
        "purl": purl,
    }
    if licence:
        component["licenses"] = [{"license": {"name": licence}}]
    return component


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _licence(name: str) -> str | None:
    """In a few words, as the package's own metadata have it."""
    try:
        told = metadata.metadata(name)
    except metadata.PackageNotFoundError:
        return None
    classified = [
        line.rpartition(" :: ")[2]
        for line in told.get_all("Classifier") or ()
        if line.startswith("License ::")
    ]
    said = told.get("License-Expression") or ", ".join(classified) or told.get("License") or ""
    first = said.strip().partition("\n")[0]
    return first if 0 < len(first) <= 80 else None


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "var" / "sbom.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    document = bill()
    target.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    print(f"{len(document['components'])} components in {target}")

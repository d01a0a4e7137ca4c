"""What is installed is known, pinned and audited; no secret stands in the repository."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "scripts"))

import audit  # noqa: E402
import sbom  # noqa: E402

LOCK = (ROOT / "requirements.lock").read_text()
ADVISORIES = yaml.safe_load((ROOT / "deploy" / "advisories.yml").read_text())
# What secrets look like, wherever they stand.
SECRETS = {
    "a private key": r"-----BEGIN (?:RSA |EC |OPENSSH |PGP |)PRIVATE KEY",
    "a key of Amazon": r"\bAKIA[0-9A-Z]{16}\b",
    "a token of GitHub": r"\bgh[pousr]_[A-Za-z0-9]{36}\b",
    "a token of Slack": r"\bxox[abprs]-[A-Za-z0-9-]{20,}",
    "a token of a Telegram bot": r"\b\d{9,10}:AA[A-Za-z0-9_-]{33}\b",
    "a token of Facebook": r"\bEAA[A-Za-z0-9]{80,}",
    "a signed token": r"\beyJ[A-Za-z0-9_-]{15,}\.eyJ[A-Za-z0-9_-]{15,}\.[A-Za-z0-9_-]{20,}",
    "a password in an address": (
        r"\b[a-z]+://[^\s:/@${}<>\"']+:(?!\.\.\.|password|secret|PASSWORD)[^\s:/@${}<>\"']{6,}@"
    ),
    "a secret that is set": (
        r"(?im)^\s*(?:export )?[A-Z_]*(?:SECRET|PASSWORD|API_TOKEN)\s*[:=]\s*"
        r"[\"']?[A-Za-z0-9+/_-]{20,}[\"']?\s*$"
    ),
}
TEXTS = {
    ".py",
    ".yml",
    ".yaml",
    ".sh",
    ".md",
    ".json",
    ".toml",
    ".js",
    ".mjs",
    ".html",
    ".in",
    ".tpl",
    "",
}
# Tests make up secrets of their own; lock files are full of hashes.
MADE_UP = ("tests/", "requirements", "package-lock.json")


def tracked() -> list[Path]:
    """Every file that is, or is about to be, in the repository."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    try:
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not a git checkout")
    paths = [ROOT / name.decode() for name in listed.split(b"\0") if name]
    return [path for path in paths if path.is_file()]


def secrets_in(text: str) -> list[str]:
    return [kind for kind, pattern in SECRETS.items() if re.search(pattern, text)]


def test_no_secret_stands_in_the_repository():
    found = {
        str(path.relative_to(ROOT)): secrets_in(path.read_text(errors="replace"))
        for path in tracked()
        if path.suffix in TEXTS and not any(part in str(path.relative_to(ROOT)) for part in MADE_UP)
    }
    assert {path: kinds for path, kinds in found.items() if kinds} == {}


@pytest.mark.parametrize(
    "text",
    [
        "-----BEGIN " + "RSA PRIVATE KEY-----",
        "id = AKIA" + "ABCDEFGHIJKLMNOP",
        "postgresql://someone:" + "hunter2hunter2@db/x",
        "MYOGUIDE_SECRET=" + "0123456789abcdef0123456789abcdef",
    ],
)
def test_the_search_finds_secrets(text):
    assert secrets_in(text)


@pytest.mark.parametrize("name", ["var/secret", "var/conversations.db", ".env", "deploy/.env"])
def test_what_holds_secrets_is_kept_out_of_the_repository(name):
    command = ["git", "check-ignore", "-q", "--no-index", name]
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    assert subprocess.run(command, cwd=ROOT).returncode == 0


def test_the_locked_packages_have_no_advisory_that_is_not_contained():
    assert list(audit.faults(LOCK, ADVISORIES)) == []


def test_an_affected_package_is_a_fault_and_so_is_an_outdated_reason():
    lock = "dask==2024.8.2 --hash=sha256:" + "0" * 64
    entry = {"id": "X", "package": "Dask", "affected": "<2025", "what": "harm"}
    assert "not contained" in next(audit.faults(lock, [entry]))
    entry = {**entry, "affected": "<2020", "contained": "because"}
    assert "not affected any more" in next(audit.faults(lock, [entry]))


@pytest.mark.parametrize("line", ["dask>=2024", "dask==2024.8.2", "git+https://example.org/dask"])
def test_a_package_without_exact_version_or_hash_is_a_fault(line):
    assert list(audit.unpinned(line))


def test_every_contained_advisory_is_explained_in_the_docs():
    text = (ROOT / "docs" / "dependencies.md").read_text()
    for entry in ADVISORIES:
        assert not entry.get("contained") or entry["id"] in text


def test_rasa_decodes_nothing_with_jsonpickle():
    spec = find_spec("rasa")
    assert spec is not None and spec.origin is not None
    for path in Path(spec.origin).parent.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        if "jsonpickle" not in text:
            continue
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Attribute) and getattr(node.value, "id", "") == "jsonpickle":
                assert node.attr == "encode", f"{path}:{node.lineno}"


def test_the_bill_names_every_package_once():
    document = sbom.bill()
    purls = [component["purl"] for component in document["components"]]
    assert len(purls) == len(set(purls))
    for name, version in sbom.PINNED.findall(LOCK):
        assert f"pkg:pypi/{name.lower().replace('_', '-').replace('.', '-')}@{version}" in purls
    assert any(purl.startswith("pkg:npm/socket.io-client@") for purl in purls)


def test_the_bill_is_the_same_for_the_same_lock_files():
    assert sbom.bill() == sbom.bill()

"""A broken table is refused with file, entry and reason."""

import shutil

import pytest

from myoguide.safety import Screen
from myoguide.safety.contacts import contacts_for, load_contacts
from myoguide.safety.screen import DATA
from myoguide.safety.tables import TableError


@pytest.fixture
def folder(tmp_path):
    return shutil.copytree(DATA, tmp_path / "safety")


def change(folder, name, old, new):
    path = folder / name
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


@pytest.mark.parametrize(
    ("name", "old", "new", "words"),
    [
        (
            "signs.yml",
            "  level: emergency\n",
            "  level: red\n",
            ["signs.yml", "unresponsive", "level"],
        ),
        ("signs.yml", "all: not_breathing", "all: nonsense", ["unresponsive", "unknown finding"]),
        ("findings.yml", "    tonicclonic\n", "    @nonsense\n", ["convulsion", "unknown class"]),
        ("findings.yml", "    tonicclonic\n", "    <x>\n", ["convulsion", "<x>"]),
        ("context.yml", "category: pseudo", "category: sideways", ["context.yml", "category must"]),
        ("words.yml", "classes:", "classes: [", ["words.yml", "not valid YAML"]),
    ],
)
def test_a_broken_entry_is_named(folder, name, old, new, words):
    change(folder, name, old, new)
    with pytest.raises(TableError) as error:
        Screen(folder)
    for word in words:
        assert word in str(error.value)


def test_a_missing_table_is_named(folder):
    (folder / "signs.yml").unlink()
    with pytest.raises(TableError, match=r"signs.yml.*missing"):
        Screen(folder)


def test_contacts_fall_back_to_the_default():
    assert "112" in contacts_for("XX").emergency_number
    assert "911" in contacts_for(None).emergency_number
    assert contacts_for("gb").crisis_line == "Samaritans, 116 123"


def test_a_broken_contact_is_named(folder):
    load_contacts.cache_clear()
    change(folder, "contacts.yml", '  emergency: "999"\n', "")
    with pytest.raises(TableError, match=r"GB.*lacks emergency"):
        load_contacts(folder)

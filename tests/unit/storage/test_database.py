import sqlite3

import pytest
import sqlalchemy as sa

from myoguide import database as db


@pytest.fixture
def file(tmp_path):
    return tmp_path / "some" / "kept.db"


def version(database):
    return database.run(lambda c: c.execute(sa.select(db.version_table.c.version)).scalar())


def test_the_tables_are_made_at_the_first_contact_and_only_once(file):
    for _ in range(2):
        database = db.Database(f"sqlite:///{file}")
        assert version(database) == len(db.MIGRATIONS)


def test_a_database_of_a_newer_version_is_not_touched(file):
    version(db.Database(f"sqlite:///{file}"))
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE schema_version SET version = 99")
    with pytest.raises(db.NewerSchema, match="99.*update the program"):
        version(db.Database(f"sqlite:///{file}"))


def test_migrations_run_in_their_order_from_where_the_database_is(file, monkeypatch):
    version(db.Database(f"sqlite:///{file}"))
    steps = []
    later = (lambda c: steps.append(2), lambda c: steps.append(3))
    monkeypatch.setattr(db, "MIGRATIONS", (*db.MIGRATIONS, *later))
    assert version(db.Database(f"sqlite:///{file}")) == len(db.MIGRATIONS)
    assert steps == [2, 3]


def test_texts_that_rasas_own_table_kept_before_are_gone(file):
    file.parent.mkdir()
    with sqlite3.connect(file) as connection:
        columns = "sender_id, type_name, timestamp, intent_name, action_name, data"
        connection.execute(f"CREATE TABLE events (id INTEGER PRIMARY KEY, {columns})")
    version(db.Database(f"sqlite:///{file}"))
    with sqlite3.connect(file) as connection:
        assert not connection.execute("SELECT 1 FROM sqlite_master WHERE name='events'").fetchall()


def test_a_database_that_is_away_says_so_at_once_and_recovers(tmp_path):
    blocked = tmp_path / "kept.db"
    blocked.mkdir()  # a folder cannot be opened as a database
    database = db.Database(f"sqlite:///{blocked}")
    for _ in range(2):
        with pytest.raises(db.Away):
            version(database)
    blocked.rmdir()
    database._away_until = 0.0
    assert version(database) == len(db.MIGRATIONS)


def test_an_error_never_quotes_what_was_to_be_kept(file):
    database = db.Database(f"sqlite:///{file}")
    table = sa.table("nowhere", sa.column("text"))
    with pytest.raises(db.Away) as raised:
        database.run(lambda c: c.execute(sa.insert(table).values(text="canary")))
    assert "canary" not in str(raised.value)


@pytest.mark.parametrize("url", ["mysql://host/db", "oracle://host/db"])
def test_other_databases_are_refused_with_what_to_write(url):
    with pytest.raises((ValueError, ImportError)):
        db.Database(url)


def test_the_short_form_of_a_postgresql_address_is_understood():
    assert not db.Database("postgres://me@localhost:1/x").is_local

"""The database: what is committed stays, failures are one sentence, and the tables are those of the migrations."""

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import event, insert, select, text

from plugin_bridge.errors import StorageError
from plugin_bridge.settings import Settings
from plugin_bridge.storage import Storage, open_storage
from plugin_bridge.storage.schema import metadata, operations

OPERATION = {"alias": "shop", "kind": "accept", "by": "anna", "at": "2026-01-01T00:00:00.000000+00:00"}
ADD_AND_DIE = """
import os, sys
from pathlib import Path
from sqlalchemy import insert
from plugin_bridge.settings import Settings
from plugin_bridge.storage import open_storage
from plugin_bridge.storage.schema import operations
storage = open_storage(Settings(home=Path(sys.argv[1])))
for number in range(3):
    with storage.write() as connection:
        connection.execute(insert(operations).values(alias="a", kind="k", by=str(number), at="t"))
    print(number, flush=True)
with storage.write() as connection:
    connection.execute(insert(operations).values(alias="a", kind="k", by="never", at="t"))
    os.kill(os.getpid(), 9)
"""


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    return open_storage(Settings(home=tmp_path / "home"))


def count(storage: Storage) -> int:
    with storage.read() as connection:
        return len(connection.execute(select(operations)).all())


def add(storage: Storage) -> None:
    with storage.write() as connection:
        connection.execute(insert(operations).values(**OPERATION))


def test_it_is_a_file_in_the_home_that_survives_power_cuts(storage: Storage, tmp_path: Path) -> None:
    add(storage)
    with storage.read() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
        assert connection.execute(text("PRAGMA synchronous")).scalar() == 2  # FULL
    again = open_storage(Settings(home=tmp_path / "home"))
    assert count(again) == 1


def test_the_tables_are_those_of_the_migrations(storage: Storage) -> None:
    with storage.read() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_on_postgresql_the_tables_are_the_same(postgres: str) -> None:
    storage = open_storage(Settings(database_url=postgres))
    add(storage)
    assert count(storage) == 1
    with storage.read() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    open_storage(Settings(database_url=postgres)).close()
    storage.close()


def test_many_processes_may_open_a_new_database_at_once(tmp_path: Path) -> None:
    failures: list[Exception] = []

    def open_it() -> None:
        try:
            add(open_storage(Settings(home=tmp_path)))
        except StorageError as error:
            failures.append(error)

    threads = [threading.Thread(target=open_it) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert count(open_storage(Settings(home=tmp_path))) == 6


def test_what_was_committed_survives_a_kill_and_the_rest_leaves_no_trace(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", ADD_AND_DIE, str(tmp_path)], capture_output=True, text=True, env=os.environ
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert done.stdout.split() == ["0", "1", "2"]
    assert count(open_storage(Settings(home=tmp_path))) == 3


def test_a_locked_database_is_told_and_nothing_is_written(tmp_path: Path) -> None:
    path = tmp_path / "kindred.db"
    storage = Storage(f"sqlite:///{path}", busy_seconds=0.2)
    storage.ensure()
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StorageError, match=r"kindred\.db was locked by another process for 0\.2 s; nothing was"):
        add(storage)
    assert count(storage) == 0  # reading never waits for writing
    other.execute("ROLLBACK")
    add(storage)
    assert count(storage) == 1


def test_a_full_disk_is_told_and_what_was_there_stays(storage: Storage) -> None:
    add(storage)
    with storage.read() as connection:
        pages = connection.execute(text("PRAGMA page_count")).scalar()
    engine = storage._engine
    engine.dispose()
    event.listen(engine, "connect", lambda raw, record: raw.execute(f"PRAGMA max_page_count={pages}"))
    with pytest.raises(StorageError, match=r"the disk of the database .* is full.*nothing was written") as told:  # noqa: SIM117
        with storage.write() as connection:
            connection.execute(insert(operations), [OPERATION | {"by": "x" * 1000} for _ in range(100)])
    assert told.value.status == 507
    assert count(storage) == 1


def test_addresses_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="KINDRED_DATABASE_URL: mysql is neither"):
        Storage("mysql://host/name")
    with pytest.raises(StorageError, match="KINDRED_DATABASE_URL: not an address"):
        Storage("nonsense")
    with pytest.raises(StorageError, match=r"postgresql\+psycopg://anna:\*\*\*@127\.0\.0\.1:1/x refused"):
        Storage("postgresql://anna:secret@127.0.0.1:1/x").ensure()


def test_a_damaged_file_and_one_of_a_newer_version(tmp_path: Path) -> None:
    (tmp_path / "kindred.db").write_bytes(b"no database at all" * 500)
    with pytest.raises(StorageError, match="is damaged"):
        open_storage(Settings(home=tmp_path))
    storage = open_storage(Settings(home=tmp_path / "newer"))
    with storage.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StorageError, match=r"has schema 9999.*written by a newer one"):
        open_storage(Settings(home=tmp_path / "newer"))


def test_a_home_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="cannot be made"):
        open_storage(Settings(home=tmp_path / "file" / "home"))

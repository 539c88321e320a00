"""Opening the database, transactions, and one clear sentence for each way in which a database fails.

SQLite keeps its file in the home folder: in WAL mode, so that reading never waits for writing, and with
`synchronous=FULL`, so that what was committed survives a power cut. `KINDRED_DATABASE_URL` names a PostgreSQL instead.
"""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from plugin_bridge.errors import StorageError
from plugin_bridge.settings import Settings

FILE = "kindred.db"
VERSION = "0004"
BUSY_SECONDS = 15.0
_LOOK_AGAIN_SECONDS = 0.02
_MIGRATIONS = Path(__file__).parent / "migrations"
_WRITES = "kindred_writes"
_MIGRATION_LOCK = 0x6B696E64  # "kind": one process at a time brings a PostgreSQL up to date


class Storage:
    """The database. Safe to share between threads; processes may share the file or the server."""

    def __init__(self, url: str | URL, *, busy_seconds: float = BUSY_SECONDS) -> None:
        """Prepare for the database at `url`; nothing is opened yet.

        Args:
            busy_seconds: how long to wait where another process writes.

        Raises:
            StorageError: the address is none, or the driver for it is not installed.
        """
        self._busy = busy_seconds
        self._url = _readable(url)
        self.is_sqlite = self._url.get_backend_name() == "sqlite"
        self.name = self._url.database if self.is_sqlite else self._url.render_as_string(hide_password=True)
        try:
            self._engine = self._make()
        except ModuleNotFoundError as error:
            raise StorageError(
                f"{self.name} needs the package {error.name}, which is not installed; install the extra "
                "`postgres` of kindred"
            ) from error
        except (ArgumentError, SQLAlchemyError) as error:
            raise StorageError(
                f"KINDRED_DATABASE_URL: {self.name} is no database that Kindred uses: {error}"
            ) from error

    def ensure(self) -> None:
        """Make the tables, or bring those of an earlier version up to date; raises StorageError."""
        if self.is_sqlite:
            self._make_folder()
        with self.read() as connection:
            version = _version(connection)
        if version != VERSION:
            self._migrate(version)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Yield a connection that reads one moment's state."""
        with self._worded(), self._engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Yield a connection that writes; all of it is on the disk when the block ends, or nothing is."""
        with self._worded(), self._engine.connect() as connection:
            connection = connection.execution_options(**{_WRITES: True})
            with connection.begin():
                yield connection

    def close(self) -> None:
        """Close the connections that are kept open."""
        self._engine.dispose()

    def _make(self) -> Engine:
        if not self.is_sqlite:
            return create_engine(self._url, pool_pre_ping=True, json_serializer=_json)
        engine = create_engine(self._url, connect_args={"timeout": self._busy}, json_serializer=_json)
        event.listen(engine, "connect", self._prepare)
        event.listen(engine, "begin", _begin)
        return engine

    def _prepare(self, connection: sqlite3.Connection, record: Any) -> None:
        """Set a new connection up; the driver is kept from opening transactions of its own."""
        connection.isolation_level = None
        _use_write_ahead_log(connection, self._busy)
        for setting in ("synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {setting}")

    def _make_folder(self) -> None:
        assert self._url.database is not None
        folder = Path(self._url.database).parent
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StorageError(f"the folder {folder} of the database cannot be made: {error.strerror}") from error

    def _migrate(self, version: str | None) -> None:
        # Imported here: only a new database, or one of an earlier version, needs it.
        from alembic import command
        from alembic.config import Config
        from alembic.script import ScriptDirectory

        config = Config()
        config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
        known = [step.revision for step in ScriptDirectory.from_config(config).walk_revisions()]
        if version is not None and version not in known:
            raise StorageError(
                f"the database {self.name} has schema {version}, which this version of Kindred does not know; "
                "it was written by a newer one"
            )
        with self.write() as connection:
            if not self.is_sqlite:
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

    @contextmanager
    def _worded(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            raise _error(self.name, error, self._busy) from error


def has_storage(settings: Settings) -> bool:
    """Return whether there is a database already, without making one."""
    return settings.database_url is not None or (settings.home / FILE).exists()


def open_storage(settings: Settings) -> Storage:
    """Return the database that the settings name, its tables in place; raises StorageError."""
    url: str | URL = settings.database_url or URL.create("sqlite", database=str(settings.home / FILE))
    storage = Storage(url)
    storage.ensure()
    return storage


def _readable(url: str | URL) -> URL:
    try:
        found = make_url(url)
    except ArgumentError as error:
        raise StorageError("KINDRED_DATABASE_URL: not an address such as postgresql://user@host/name") from error
    if found.get_backend_name() in ("postgresql", "postgres") and "+" not in found.drivername:
        return found.set(drivername="postgresql+psycopg")
    if found.get_backend_name() not in ("postgresql", "sqlite"):
        raise StorageError(f"KINDRED_DATABASE_URL: {found.drivername} is neither postgresql nor sqlite")
    return found


def _json(value: Any) -> str:
    return orjson.dumps(value, default=str, option=orjson.OPT_SERIALIZE_NUMPY).decode()


def _use_write_ahead_log(connection: sqlite3.Connection, seconds: float) -> None:
    """Keep a write-ahead log, waiting as long as any statement does.

    SQLite does not wait by itself here: of several that open a new file at once, it refuses some within milliseconds.
    """
    end = time.monotonic() + seconds
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorname != "SQLITE_BUSY" or time.monotonic() > end:
                raise
        time.sleep(_LOOK_AGAIN_SECONDS)


def _begin(connection: Connection) -> None:
    # A transaction that writes takes its place in the queue at once: one that read first could be refused later.
    writes = connection.get_execution_options().get(_WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _error(name: str | None, error: DBAPIError, busy: float) -> StorageError:
    code = getattr(error.orig, "sqlite_errorname", "")
    cause = " ".join(str(error.orig).split())
    if code.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return StorageError(f"the database {name} was locked by another process for {busy:g} s; nothing was written")
    if code.startswith(("SQLITE_FULL", "SQLITE_IOERR")):
        return StorageError(
            f"the disk of the database {name} is full or fails ({cause}); nothing was written", status=507
        )
    if code.startswith(("SQLITE_NOTADB", "SQLITE_CORRUPT")):
        return StorageError(f"the database {name} is damaged ({cause}); put back a copy of it", status=500)
    if code.startswith(("SQLITE_CANTOPEN", "SQLITE_READONLY")):
        return StorageError(f"the database {name} cannot be opened for writing ({cause})")
    return StorageError(f"the database {name} refused: {cause}; nothing was written")

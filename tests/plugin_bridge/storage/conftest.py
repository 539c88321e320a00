"""A real PostgreSQL for the tests of the database, where its programs are installed."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fixtures.bridge import free_port

PLACES = ("/usr/lib/postgresql/*/bin/initdb", "/usr/local/bin/initdb", "/usr/bin/initdb")


def _programs() -> Path | None:
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    for place in PLACES:
        for path in sorted(Path("/").glob(place.lstrip("/"))):
            return path.resolve().parent
    return None


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of a PostgreSQL of this run; skips where none is installed. It refuses to run as root."""
    programs = _programs()
    if programs is None:
        pytest.skip("no PostgreSQL is installed here")
    user = "nobody" if os.geteuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="kindred-test-postgres-"))
    if user:
        shutil.chown(folder, user)
    port = free_port()
    options = {"check": True, "cwd": folder, "user": user, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    initdb = [programs / "initdb", "-D", folder / "data", "-U", "kindred", "-A", "trust", "-N"]
    control = [programs / "pg_ctl", "-D", folder / "data"]
    serving = f"-p {port} -k '' -c listen_addresses=127.0.0.1 -c fsync=off"
    subprocess.run(initdb, **options)  # type: ignore[call-overload]
    subprocess.run([*control, "-w", "-o", serving, "-l", folder / "log", "start"], **options)  # type: ignore[call-overload]
    try:
        socket.create_connection(("127.0.0.1", port), 5).close()
        yield f"postgresql://kindred@127.0.0.1:{port}/postgres"
    finally:
        subprocess.run([*control, "-m", "immediate", "stop"], **options)  # type: ignore[call-overload]
        shutil.rmtree(folder, ignore_errors=True)

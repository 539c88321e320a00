"""The bridge in the background: started detached, found again by its state file, stopped."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import httpx
import orjson
import psutil
from filelock import FileLock

from plugin_bridge.binding import check_binding
from plugin_bridge.errors import BridgeError
from plugin_bridge.registry import NOT_READ_YET
from plugin_bridge.settings import Settings

_START_SECONDS = 90.0
_STOP_SECONDS = 10.0
_BIRTH_TOLERANCE = 2.0  # seconds; the system clock may be set right in between
_LOG_BYTES = 20 * 2**20


@dataclass(frozen=True)
class BridgeState:
    """A bridge that was started; `born` is the process's start, as a pid alone may belong to another by now."""

    url: str
    pid: int
    born: float
    log: str
    opensearch: str


def state(settings: Settings) -> BridgeState | None:
    """Return the bridge of this home if its process is alive; a file left by a dead one counts as none."""
    try:
        found = BridgeState(**orjson.loads(_state_file(settings).read_bytes()))
    except (FileNotFoundError, ValueError, TypeError):
        return None
    return found if _process(found) is not None else None


def start(settings: Settings, opensearch_url: str) -> BridgeState:
    """Start the bridge for a cluster and wait until it answers; one that runs already is returned as it is.

    One that runs with another address, or for another cluster, is started anew. Raises BridgeError with the end of
    its log where it does not start.
    """
    check_binding(settings)
    settings.home.mkdir(parents=True, exist_ok=True)
    with FileLock(settings.home / "bridge.lock", timeout=_START_SECONDS):
        running = state(settings)
        if running is not None:
            if (running.url, running.opensearch) == (settings.local_url, opensearch_url) and is_alive(settings):
                return running
            _end(running)
        _check_port(settings)
        return _launch(settings, opensearch_url)


def stop(settings: Settings) -> bool:
    """Stop the bridge of this home; return whether one was running."""
    if not settings.home.is_dir():
        return False
    with FileLock(settings.home / "bridge.lock", timeout=_START_SECONDS):
        running = state(settings)
        if running is not None:
            _end(running)
        _state_file(settings).unlink(missing_ok=True)
        return running is not None


def is_alive(settings: Settings) -> bool:
    """Return whether a bridge answers at the address of the settings."""
    try:
        return httpx.get(f"{settings.local_url}/health", timeout=2).status_code == 200
    except httpx.HTTPError:
        return False


def readiness(settings: Settings) -> dict[str, object]:
    """Return what the bridge says of itself: `running`, and if it runs `ready`, `problem` and what is loaded."""
    try:
        return {"running": True, **httpx.get(f"{settings.local_url}/ready", timeout=5).json()}
    except (httpx.HTTPError, ValueError):
        return {"running": False, "ready": False, "problem": None, "loaded": []}


def _launch(settings: Settings, opensearch_url: str) -> BridgeState:
    log = settings.home / "bridge.log"
    if log.exists() and log.stat().st_size > _LOG_BYTES:
        log.replace(log.with_suffix(".log.1"))
    own = {**os.environ, **environment(settings), "OPENSEARCH_URL": opensearch_url}
    with log.open("ab") as stream:
        process = subprocess.Popen(
            [sys.executable, "-m", "plugin_bridge", "serve"],
            env=own,
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=stream,
            start_new_session=True,  # it outlives the terminal that it was started from
        )
    born = psutil.Process(process.pid).create_time()
    made = BridgeState(settings.local_url, process.pid, born, str(log), opensearch_url)
    _write(_state_file(settings), made)
    end = time.monotonic() + _START_SECONDS
    while not (is_alive(settings) and readiness(settings).get("problem") != NOT_READ_YET):
        if process.poll() is not None:
            _state_file(settings).unlink(missing_ok=True)
            raise BridgeError(f"the bridge ended while it started:\n{_tail(log)}")
        if time.monotonic() > end:
            _end(made)
            raise BridgeError(f"the bridge did not answer within {_START_SECONDS:.0f} s; see {log}")
        time.sleep(0.05)
    return made


def environment(settings: Settings) -> dict[str, str]:
    """Return the settings as the variables that the child reads, so that it has exactly these."""
    found = {}
    for name, value in settings.model_dump().items():
        if value is not None:
            found[f"KINDRED_{name.upper()}"] = str(value)
    return found


def _check_port(settings: Settings) -> None:
    if is_alive(settings):
        raise BridgeError(
            f"another bridge answers at {settings.local_url} that this home ({settings.home}) did not start; "
            "stop it, or choose another KINDRED_BRIDGE_PORT"
        )


def _process(found: BridgeState) -> psutil.Process | None:
    try:
        process = psutil.Process(found.pid)
        same = abs(process.create_time() - found.born) < _BIRTH_TOLERANCE
        return process if same and process.status() != psutil.STATUS_ZOMBIE else None
    except psutil.NoSuchProcess:
        return None


def _end(found: BridgeState) -> None:
    process = _process(found)
    if process is None:
        return
    try:
        process.send_signal(signal.SIGCONT)  # one that is frozen could not hear SIGTERM
        process.terminate()
        process.wait(_STOP_SECONDS)
    except psutil.TimeoutExpired:
        process.kill()
        process.wait(_STOP_SECONDS)
    except psutil.NoSuchProcess:
        return


def _state_file(settings: Settings) -> Path:
    return settings.home / "bridge.json"


def _write(path: Path, found: BridgeState) -> None:
    draft = path.with_suffix(".draft")
    draft.write_bytes(orjson.dumps(asdict(found), option=orjson.OPT_INDENT_2))
    draft.replace(path)


def _tail(log: Path, lines: int = 8) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])

"""Starting and stopping the local node."""

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
from filelock import FileLock, Timeout

from opensearch.client import Cluster
from opensearch.errors import ClusterRefusedError, ClusterUnreachableError, NodeError
from opensearch.node import archives, config
from opensearch.node.download import Progress, silent
from opensearch.node.install import ensure_icu, ensure_installed
from opensearch.node.java import Java, find_java
from opensearch.node.state import NodeState, is_node_of, read_state, serves, state_file, write_state
from opensearch.node.user import RunAs, run_as
from opensearch.settings import NodeSettings

TAIL = 20  # lines of the log that an error shows
RECOVERY_SECONDS = 60  # how long to wait for indices after the node answers


def start(settings: NodeSettings | None = None, progress: Progress = silent) -> NodeState:
    """Start the node of this home unless it runs, and return it when it answers.

    Raises:
        NodeError: it cannot be installed or started; says why, with the end of the log where there is one.
    """
    settings = settings or NodeSettings()
    with _alone(settings):
        node = read_state(settings) or _forgotten(settings)
        if node is None:
            if os.name != "posix":
                raise NodeError("the local node runs on Linux and macOS; set OPENSEARCH_URL to a cluster's address")
            # What can be refused at once comes before what has to be downloaded.
            user = run_as(settings.user)
            _check_ports(settings)
            java = find_java(settings.java_home, user, settings.home / "java")
            root = ensure_installed(settings, progress)
            if not java.thai:
                ensure_icu(settings, progress)
            try:
                node = _launch(settings, root, java, user)
            except OSError as error:
                raise NodeError(f"cannot start OpenSearch in {settings.home} (KINDRED_NODE_HOME): {error}") from error
        if node.ready:
            return node
        try:
            _wait(node, settings, progress)
        except BaseException:
            _end(node.pid, settings.stop_seconds)
            state_file(settings).unlink(missing_ok=True)
            raise
        node = replace(node, ready=True)
        write_state(settings, node)
        return node


def stop(settings: NodeSettings | None = None) -> bool:
    """Stop the node of this home; return whether there was one.

    Raises:
        NodeError: it does not end, or belongs to another user.
    """
    settings = settings or NodeSettings()
    if not settings.home.is_dir():
        return False
    with _alone(settings):
        node = read_state(settings) or _forgotten(settings)
        if node is not None:
            _end(node.pid, settings.stop_seconds)
        state_file(settings).unlink(missing_ok=True)
    return node is not None


def state(settings: NodeSettings | None = None) -> NodeState | None:
    """Return the running node of this home, if there is one."""
    return read_state(settings or NodeSettings())


@contextmanager
def _alone(settings: NodeSettings) -> Iterator[None]:
    """Hold the home's lock: two commands that start or stop the same node take turns."""
    lock = FileLock(settings.home / "node.lock", timeout=settings.start_seconds + settings.stop_seconds)
    try:
        settings.home.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except Timeout as error:
        raise NodeError(f"another command holds {error.lock_file}; is it starting or stopping the node?") from error
    except OSError as error:
        raise NodeError(f"cannot use {settings.home} (KINDRED_NODE_HOME): {error}") from error
    try:
        yield
    finally:
        lock.release()


def _check_ports(settings: NodeSettings) -> None:
    for port, name in ((settings.http_port, "HTTP_PORT"), (settings.transport, "TRANSPORT_PORT")):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError as error:
                raise NodeError(
                    f"port {port} is not free{_holder(port)}; set KINDRED_NODE_{name} to another one ({error.strerror})"
                ) from error


def _holder(port: int) -> str:
    """Name the program that listens on a port, as far as the system tells."""
    try:
        pids = {
            c.pid for c in psutil.net_connections("tcp") if c.laddr and c.laddr.port == port and c.status == "LISTEN"
        }
        return "".join(f", held by {psutil.Process(pid).name()} (pid {pid})" for pid in pids if pid)
    except (psutil.AccessDenied, psutil.NoSuchProcess):
        return ""


def _launch(settings: NodeSettings, root: Path, java: Java, user: RunAs | None) -> NodeState:
    home = settings.home.absolute()
    if " " in os.path.relpath(home, root):
        raise NodeError(
            f"the way from {root} (KINDRED_NODE_DISTRIBUTION) to {home} (KINDRED_NODE_HOME) has a space in it, at "
            "which OpenSearch's start script breaks; leave KINDRED_NODE_DISTRIBUTION unset"
        )
    folder = config.write(settings, java, root)
    if user is not None:
        for name in config.FOLDERS:
            user.own(home / name)
        if not user.may_write(home / "data"):
            raise NodeError(
                f"user {user.name}, who runs the node, cannot reach {home}: a folder above it is closed to others. "
                "Set KINDRED_NODE_HOME to a folder that can be reached"
            )
    log = home / "start.log"
    config.write_anew(log, "")
    identity: dict[str, Any] = user.for_subprocess() if user else {}
    with log.open("wb") as output:
        child = subprocess.Popen(
            [root / "bin" / "opensearch"],
            cwd=root,
            env=_environment(home, folder, java),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            umask=0o027,
            **identity,
        )
    node = NodeState(
        url=settings.url,
        pid=child.pid,
        born=psutil.Process(child.pid).create_time(),
        version=archives.VERSION,
        java=f"{java.version} ({java.home}, from {java.source})",
        user=user.name if user else psutil.Process().username(),
        home=home,
        log=log,
        notes=_notes(java),
    )
    write_state(settings, node)
    return node


def _notes(java: Java) -> tuple[str, ...]:
    if java.vector:
        return ()
    return (
        f"Java in {java.home} lacks jdk.incubator.vector: vector search works, but slower; a full JDK "
        "(JAVA_HOME) has it",
    )


def _environment(home: Path, folder: Path, java: Java) -> dict[str, str]:
    """Return the node's environment: nothing of the caller's but the language and where programs are."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL", "TZ") if name in os.environ}
    return kept | {
        "HOME": str(home),
        "OPENSEARCH_JAVA_HOME": str(java.home),
        "OPENSEARCH_PATH_CONF": str(folder),
        "OPENSEARCH_TMPDIR": str(home / "tmp"),
    }


def _wait(node: NodeState, settings: NodeSettings, progress: Progress) -> None:
    """Return when the node answers and has recovered its indices."""
    began = time.monotonic()
    answered: float | None = None
    with Cluster(node.url, timeout=10) as cluster:
        while True:
            waited = time.monotonic() - began
            progress("starting OpenSearch", min(waited, settings.start_seconds), settings.start_seconds)
            try:
                health = cluster.request(
                    "GET", "/_cluster/health", params={"wait_for_status": "yellow", "timeout": "1s"}
                )
                if health["cluster_name"] != settings.cluster_name:
                    raise NodeError(f"{node.url} is another cluster, {health['cluster_name']!r}")
                return
            except ClusterUnreachableError:
                pass
            except ClusterRefusedError as error:
                # 408: it answers, but indices are still being recovered; 503: no cluster manager yet.
                if error.status == 408:
                    answered = answered or time.monotonic()
                    if time.monotonic() - answered > RECOVERY_SECONDS:
                        return
            if not is_node_of(node):
                raise NodeError(f"OpenSearch stopped while it was starting.{_tail(node.log)}")
            if waited > settings.start_seconds:
                raise NodeError(
                    f"OpenSearch did not answer at {node.url} within {settings.start_seconds:g} s "
                    f"(KINDRED_NODE_START_SECONDS).{_tail(node.log)}"
                )
            time.sleep(0.25)


def _tail(log: Path) -> str:
    """Return the end of the log, for an error."""
    try:
        lines = log.read_text(errors="replace").splitlines()
    except OSError as error:
        return f" Its log cannot be read: {error}"
    return f" The end of {log}:\n" + "\n".join(lines[-TAIL:])


def _forgotten(settings: NodeSettings) -> NodeState | None:
    """Return a node of this home whose state file is gone: it holds the data folder, so it must be found."""
    home = settings.home.absolute()
    for process in psutil.process_iter():
        if not serves(process, home):
            continue
        with suppress(psutil.NoSuchProcess):
            return NodeState(
                url=f"http://127.0.0.1:{config.http_port(home) or settings.http_port}",
                pid=process.pid,
                born=process.create_time(),
                version=archives.VERSION,
                java="",
                user=process.username(),
                home=home,
                log=home / "start.log",
            )
    return None


def _end(pid: int, seconds: float) -> None:
    """End a process and its children: SIGTERM, and SIGKILL to what is left after `seconds`."""
    try:
        process = psutil.Process(pid)
        # While it starts it is a script, and one of its helpers would outlive it.
        family = [process, *process.children(recursive=True)]
        for member in family:
            with suppress(psutil.NoSuchProcess):
                member.terminate()
        _, left = psutil.wait_procs(family, seconds)
        for member in left:
            member.kill()
        _, left = psutil.wait_procs(left, seconds)
    except psutil.NoSuchProcess:
        return
    except psutil.AccessDenied as error:
        raise NodeError(f"cannot stop OpenSearch (pid {pid}), it belongs to another user: {error}") from error
    if left:
        raise NodeError(f"OpenSearch (pid {pid}) does not end, not even by SIGKILL")

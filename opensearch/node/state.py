"""What is known of a running node: a small file in its home, and the check that the process is ours."""

from dataclasses import asdict, dataclass
from pathlib import Path

import orjson
import psutil

from opensearch.errors import ClusterUnreachableError
from opensearch.settings import ClusterSettings, NodeSettings

BIRTH_TOLERANCE = 0.5  # seconds


@dataclass(frozen=True)
class NodeState:
    """A node that was started.

    `born` is the process's start in seconds since 1970: a pid alone may belong to another program by now.
    """

    url: str
    pid: int
    born: float
    version: str
    java: str
    user: str
    home: Path
    log: Path
    notes: tuple[str, ...] = ()
    ready: bool = False


def state_file(settings: NodeSettings) -> Path:
    """The file that holds the state."""
    return settings.home / "node.json"


def write_state(settings: NodeSettings, state: NodeState) -> None:
    """Keep `state`, all of it or nothing."""
    target = state_file(settings)
    fresh = target.with_suffix(".part")
    fresh.write_bytes(orjson.dumps(asdict(state), option=orjson.OPT_INDENT_2, default=str))
    fresh.replace(target)


def read_state(settings: NodeSettings) -> NodeState | None:
    """Return the node of this home if its process is alive; a file left by a dead one counts as no node."""
    try:
        fields = orjson.loads(state_file(settings).read_bytes())
        paths = {name: Path(fields[name]) for name in ("home", "log")}
        state = NodeState(**{**fields, **paths, "notes": tuple(fields["notes"])})
    except (FileNotFoundError, ValueError, TypeError, KeyError):
        return None
    return state if is_node_of(state) else None


def address_of(cluster: ClusterSettings) -> str:
    """Return the address to speak to.

    Raises:
        ClusterUnreachableError: `OPENSEARCH_URL` is not set and no local node was started.
    """
    if cluster.url is not None:
        return cluster.url
    node = read_state(NodeSettings())
    if node is None:
        raise ClusterUnreachableError("no OpenSearch: start the local node with `kindred up`, or set OPENSEARCH_URL")
    return node.url


def is_node_of(state: NodeState) -> bool:
    """Return whether the state's process runs and is the one that was started then."""
    try:
        process = psutil.Process(state.pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return False
        # The clock may have been set since, and with it all times of birth; what it was started with stays.
        return abs(process.create_time() - state.born) < BIRTH_TOLERANCE or serves(process, state.home)
    except psutil.NoSuchProcess:
        return False


def serves(process: psutil.Process, home: Path) -> bool:
    """Return whether a process was started with the configuration of `home`, as far as this user may see."""
    try:
        return process.environ().get("OPENSEARCH_PATH_CONF") == str(home / "config")
    except psutil.Error:
        return False

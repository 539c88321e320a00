"""The local node: a real OpenSearch that needs no Docker, no Maven and no JDK on the machine.

`start` downloads (once, with checksums), unpacks, configures and starts it, and returns when it answers; `stop` ends
it; `state` says whether it runs. Several nodes live on one machine by their homes and ports (`NodeSettings`).
"""

from opensearch.node.download import Progress
from opensearch.node.install import ensure_installed
from opensearch.node.process import start, state, stop
from opensearch.node.state import NodeState

__all__ = ["NodeState", "Progress", "ensure_installed", "start", "state", "stop"]

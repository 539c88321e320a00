"""Errors of this package, one tree.

OpenSearchError
├── NodeError               the local node could not be installed, started or stopped
├── ClusterUnreachableError nothing answers at the address, or the connection broke
├── ClusterRefusedError     the cluster answered with an error (has `status` and `reason`)
│   └── CapabilityMissingError  a plugin, setting or permission that the request needs is absent
├── ClusterUnfitError       the preflight found that Kindred cannot use the cluster at all
└── GenerationError         a generation that is missing, half built or does not match its encoders
"""


class OpenSearchError(Exception):
    """Base of all errors raised by `opensearch`."""


class NodeError(OpenSearchError):
    """The local node could not be installed, started or stopped."""


class ClusterUnreachableError(OpenSearchError):
    """Nothing answers at the cluster's address, or the connection broke in the middle."""


class ClusterRefusedError(OpenSearchError):
    """The cluster answered a request with an error status."""

    def __init__(self, status: int, reason: str, *, request: str = "") -> None:
        self.status = status
        self.reason = reason
        where = f"{request}: " if request else ""
        super().__init__(f"{where}OpenSearch answered {status}: {reason}")


class CapabilityMissingError(ClusterRefusedError):
    """A plugin, setting or permission that the request needs is absent."""


class ClusterUnfitError(OpenSearchError):
    """The preflight found that the cluster lacks what Kindred cannot do without."""


class GenerationError(OpenSearchError):
    """A generation is missing, half built, or does not match its encoders."""

"""Errors of this package, one tree.

BridgeError
├── CatalogueError     the product file cannot be read; names file, line and field
├── LoadError          a load that cannot start, continue or finish
├── RequestError       a request that the bridge refuses (has the HTTP `status` and the `field`)
│   └── JobError       a job that cannot be queued, found or cancelled
├── StorageError       the database cannot be opened, read or written (has the HTTP `status`)
├── EvaluationError    an evaluation folder that is incomplete or malformed
├── ReleaseError       a release, a rollback or a canary that cannot be
└── BehaviourError     orders or events that cannot be read or used; names the file and the line
"""


class BridgeError(Exception):
    """Base of all errors raised by `plugin_bridge`."""


class CatalogueError(BridgeError):
    """The product file cannot be read; the message names the file, the line and the field."""


class LoadError(BridgeError):
    """A load cannot start, continue or finish."""


class RequestError(BridgeError):
    """The bridge refuses a request; `status` is the HTTP status it answers with, `field` the part that is wrong."""

    def __init__(self, message: str, *, status: int = 400, field: str | None = None) -> None:
        self.status = status
        self.field = field
        super().__init__(message)


class StorageError(BridgeError):
    """The database cannot be opened, read or written; `status` is the HTTP status that says so."""

    def __init__(self, message: str, *, status: int = 503) -> None:
        self.status = status
        super().__init__(message)


class EvaluationError(BridgeError):
    """An evaluation folder is incomplete or malformed."""


class ReleaseError(BridgeError):
    """A release, a rollback or a canary cannot be; the message says what stands in the way."""


class JobError(RequestError):
    """A job cannot be queued, found or cancelled; `status` is the HTTP status that says so."""


class BehaviourError(BridgeError):
    """Orders or events, or what is made of them, cannot be read or used; the message names the file."""

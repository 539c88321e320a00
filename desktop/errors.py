"""Errors of the desktop, one tree. A message is a sentence for a person; `details` are for who mends it.

DesktopError
├── BridgeAwayError     nothing answers at the address, or not in time
├── BridgeRefusedError  the bridge answered with an error (has `status` and `field`)
├── BridgeStrangeError  something answers, but not as a bridge does: another program, or another version
├── PictureError        a file or a paste that is no picture
└── KeepingError        settings, tokens, labels or an export cannot be read or written
    └── OutboxTakenError    another desktop labels with the same outbox
"""

from collections.abc import Mapping
from typing import Any


class DesktopError(Exception):
    """Base of all errors raised by `desktop`; `details` may be copied by the person who sees the message."""

    def __init__(self, message: str, details: str = "") -> None:
        self.details = details or message
        super().__init__(message)


class BridgeAwayError(DesktopError):
    """Nothing answers at the bridge's address, or the answer took too long."""


class BridgeRefusedError(DesktopError):
    """The bridge answered with an error; `field` names the part of the request that is wrong, where one is.

    `document` is what else it said, such as which of many were refused.
    """

    def __init__(
        self,
        status: int,
        message: str,
        field: str | None = None,
        details: str = "",
        document: Mapping[str, Any] | None = None,
    ) -> None:
        self.status = status
        self.field = field
        self.document: Mapping[str, Any] = document or {}
        super().__init__(message, details)


class BridgeStrangeError(DesktopError):
    """The answer is none that this version can read."""


class PictureError(DesktopError):
    """A file or a paste is no picture that can be searched by."""


class KeepingError(DesktopError):
    """Settings, tokens or an export cannot be read or written."""


class OutboxTakenError(KeepingError):
    """Another desktop on this computer labels already."""

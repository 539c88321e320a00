"""How a command ends that has something to take away first."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def ended_in_order() -> Iterator[None]:
    """Let SIGTERM end what runs inside as Ctrl-C does, so that it takes away what it made or started."""

    def end(number: int, frame: Any) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)

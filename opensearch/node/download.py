"""Archives of the local node: downloaded as the encoders' weights are (`encoders.download`), in this room's words."""

import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from encoders import download
from encoders.errors import DownloadError
from opensearch.errors import NodeError
from opensearch.node.archives import Archive


class Progress(Protocol):
    """Told how far a long step has come; `done` and `total` are in the step's own unit (bytes, seconds, files)."""

    def __call__(self, what: str, done: float, total: float) -> None: ...


def silent(what: str, done: float, total: float) -> None:
    """A progress that nobody watches."""


def fetch(
    archive: Archive,
    folder: Path,
    repository: str | None,
    progress: Progress = silent,
    pause: Callable[[float], None] = time.sleep,
) -> Path:
    """Return the archive's file in `folder`, downloaded where it is not there or does not match its checksum.

    Raises:
        NodeError: it cannot be had, or what comes has another checksum.
    """
    target = folder / archive.filename
    try:
        if not target.exists():
            _check_space(archive, folder)
        return download.fetch(
            archive.coordinate,
            archive.sha256,
            folder,
            lambda done, total: progress(f"downloading {archive.filename}", done, archive.size),
            repository=repository,
            pause=pause,
        )
    except (DownloadError, OSError) as error:
        raise NodeError(
            f"{error}; KINDRED_NODE_REPOSITORY names another repository, KINDRED_CACHE another folder"
        ) from error


def _check_space(archive: Archive, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(folder).free
    if free < archive.size:
        raise NodeError(
            f"{folder} (KINDRED_CACHE) has {free / 1e6:.0f} MB free; "
            f"{archive.filename} needs {archive.size / 1e6:.0f} MB"
        )

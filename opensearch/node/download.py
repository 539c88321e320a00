"""Downloads from a Maven repository that can be trusted: checksums, retries, resuming, nothing half finished.

PyPI `maven-artifact` resolves addresses and sends the requests; it checks nothing itself.
"""

import hashlib
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from filelock import FileLock

from opensearch.errors import NodeError
from opensearch.node.archives import Archive

ATTEMPTS = 5
CHUNK = 1 << 16
TIMEOUT = (10, 60)  # seconds to connect, and between two pieces


class Progress(Protocol):
    """Told how far a long step has come; `done` and `total` are in the step's own unit (bytes, seconds, files)."""

    def __call__(self, what: str, done: float, total: float) -> None: ...


def silent(what: str, done: float, total: float) -> None:
    """A progress that nobody watches."""


def fetch(
    archive: Archive,
    folder: Path,
    repository: str,
    progress: Progress = silent,
    pause: Callable[[float], None] = time.sleep,
) -> Path:
    """Return the archive's file in `folder`, downloaded where it is not there or does not match its checksum.

    A download goes to `NAME.part` and is renamed when its checksum is right; a part that an earlier run left is
    continued. Two processes that want the same file wait for one another.

    Raises:
        NodeError: it cannot be had, or what comes has another checksum.
    """
    target = folder / archive.filename
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / f".{archive.filename}.lock"):
            if target.exists() and sha256_of(target) == archive.sha256:
                return target
            _check_space(archive, folder)
            part = _download(archive, target.with_name(target.name + ".part"), repository, progress, pause)
            part.replace(target)
    except OSError as error:
        raise NodeError(f"cannot keep {archive.filename} in {folder} (KINDRED_CACHE): {error}") from error
    return target


def sha256_of(file: Path) -> str:
    """Return the SHA-256 of a file's content, in hex."""
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _check_space(archive: Archive, folder: Path) -> None:
    free = shutil.disk_usage(folder).free
    if free < archive.size:
        raise NodeError(
            f"{folder} (KINDRED_CACHE) has {free / 1e6:.0f} MB free; "
            f"{archive.filename} needs {archive.size / 1e6:.0f} MB"
        )


def _download(
    archive: Archive, part: Path, repository: str, progress: Progress, pause: Callable[[float], None]
) -> Path:
    source = _Source(archive, repository)
    failure = ""
    for attempt in range(ATTEMPTS):
        if attempt:
            pause(2.0 ** (attempt - 1))
        try:
            source.continue_into(part, progress)
        except source.failures as error:
            failure = _reason(error)
            if _is_final(error):
                break
            continue
        found = sha256_of(part)
        if found == archive.sha256:
            return part
        # What was kept of an earlier run may be at fault, so the next attempt starts from nothing.
        part.unlink()
        failure = f"its SHA-256 is {found}, not the pinned {archive.sha256}"
    raise NodeError(f"cannot download {source.url}: {failure}; KINDRED_NODE_REPOSITORY names another repository")


class _Source:
    """One archive's address in one repository."""

    def __init__(self, archive: Archive, repository: str) -> None:
        try:
            import requests
            from maven_artifact import Artifact
            from maven_artifact.requestor import Requestor
            from maven_artifact.resolver import Resolver
        except ImportError as error:
            raise NodeError(
                f"downloading OpenSearch needs the extra `node` (pip install 'kindred[node]'): {error}"
            ) from error
        self._archive = archive
        self._requestor = Requestor()
        self.failures = (requests.RequestException,)
        self.url: str = Resolver(repository, self._requestor).uri_for_artifact(Artifact.parse(archive.coordinate))

    def continue_into(self, part: Path, progress: Progress) -> None:
        """Add to `part` what it lacks, or write it anew where the server does not continue."""
        have = part.stat().st_size if part.exists() else 0
        if have >= self._archive.size:
            have = 0
        with self._requestor.request(
            self.url, None, stream=True, timeout=TIMEOUT, auth=_from(have) if have else None
        ) as answer:
            if answer.status_code != 206:
                have = 0
            with part.open("ab" if have else "wb") as file:
                for piece in answer.iter_content(CHUNK):
                    file.write(piece)
                    have += len(piece)
                    progress(f"downloading {self._archive.filename}", have, self._archive.size)
                    if have > self._archive.size:
                        return  # more than it can be: its checksum will not match


def _from(offset: int) -> Callable[[Any], Any]:
    """Ask for the rest only. `Requestor` takes no headers; an `auth` of requests may add some to the request."""

    def add_range(request: Any) -> Any:
        request.headers["Range"] = f"bytes={offset}-"
        return request

    return add_range


def _is_final(error: Exception) -> bool:
    """Return whether trying again is of no use: the repository knows no such file, or refuses."""
    answer = getattr(error, "response", None)
    return answer is not None and 400 <= answer.status_code < 500 and answer.status_code not in (408, 416, 429)


def _reason(error: Exception) -> str:
    return " ".join(str(error).split())[:300] or type(error).__name__

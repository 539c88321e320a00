"""Downloads that fail in every way that a network has, from a repository on loopback."""

import hashlib
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from encoders.download import ATTEMPTS
from opensearch.errors import NodeError
from opensearch.node.archives import DISTRIBUTION, PLUGINS, Archive, plugin
from opensearch.node.download import fetch

CONTENT = bytes(range(256)) * 4096  # 1 MiB
ARCHIVE = Archive("thing", "org.example:thing:zip:1.0", hashlib.sha256(CONTENT).hexdigest(), len(CONTENT))
PATH = "/org/example/thing/1.0/thing-1.0.zip"


@dataclass
class Repository:
    """A Maven repository with one file; `faults` are used up, one for each request."""

    url: str = ""
    content: bytes = CONTENT
    ranges: bool = True
    faults: list[str] = field(default_factory=list)
    asked: list[tuple[str, str | None]] = field(default_factory=list)


@pytest.fixture
def repository() -> Iterator[Repository]:
    shelf = Repository()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            wanted = self.headers.get("Range")
            shelf.asked.append((self.path, wanted))
            fault = shelf.faults.pop(0) if shelf.faults else ""
            if fault.isdigit() or self.path != PATH:
                self.send_error(int(fault or 404))
                return
            offset = int(re.findall(r"\d+", wanted)[0]) if wanted and shelf.ranges else 0
            body = shelf.content[offset:]
            self.send_response(206 if offset else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[: len(body) // 2] if fault == "drop" else body)

        def log_message(self, *_: object) -> None:
            """Keep the tests' output clean."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    shelf.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield shelf
    server.shutdown()
    server.server_close()


def get(repository: Repository, folder: Path, pauses: list[float] | None = None) -> Path:
    return fetch(ARCHIVE, folder, repository.url, pause=(pauses if pauses is not None else []).append)


def part_of(folder: Path) -> Path:
    return folder / "thing-1.0.zip.part"


def test_a_file_is_downloaded_once_and_its_progress_told(repository: Repository, tmp_path: Path) -> None:
    told: list[tuple[float, float]] = []
    file = fetch(ARCHIVE, tmp_path / "deep", repository.url, lambda what, done, total: told.append((done, total)))
    again = get(repository, tmp_path / "deep")
    assert file == again == tmp_path / "deep" / "thing-1.0.zip"
    assert file.read_bytes() == CONTENT
    assert told[-1] == (len(CONTENT), len(CONTENT))
    assert repository.asked == [(PATH, None)]


def test_another_checksum_is_refused_and_nothing_is_kept(repository: Repository, tmp_path: Path) -> None:
    repository.content = CONTENT[:-1] + b"x"
    with pytest.raises(NodeError) as refused:
        get(repository, tmp_path)
    for word in (ARCHIVE.sha256, hashlib.sha256(repository.content).hexdigest(), repository.url):
        assert word in str(refused.value)
    assert not [file.name for file in tmp_path.iterdir() if not file.name.endswith(".lock")]


def test_a_file_damaged_in_the_cache_is_downloaded_again(repository: Repository, tmp_path: Path) -> None:
    get(repository, tmp_path).write_bytes(CONTENT[:1000])
    assert get(repository, tmp_path).read_bytes() == CONTENT
    assert len(repository.asked) == 2


def test_a_half_finished_download_is_continued(repository: Repository, tmp_path: Path) -> None:
    part_of(tmp_path).write_bytes(CONTENT[:300_000])
    assert get(repository, tmp_path).read_bytes() == CONTENT
    assert repository.asked == [(PATH, "bytes=300000-")]
    assert not part_of(tmp_path).exists()


def test_a_half_finished_download_that_was_wrong_is_begun_again(repository: Repository, tmp_path: Path) -> None:
    part_of(tmp_path).write_bytes(b"x" * 300_000)
    assert get(repository, tmp_path).read_bytes() == CONTENT
    assert repository.asked == [(PATH, "bytes=300000-"), (PATH, None)]


def test_a_part_longer_than_the_file_is_begun_again(repository: Repository, tmp_path: Path) -> None:
    part_of(tmp_path).write_bytes(CONTENT + b"x")
    assert get(repository, tmp_path).read_bytes() == CONTENT
    assert repository.asked[-1] == (PATH, None)


def test_a_server_that_does_not_continue_sends_all(repository: Repository, tmp_path: Path) -> None:
    repository.ranges = False
    part_of(tmp_path).write_bytes(CONTENT[:300_000])
    assert get(repository, tmp_path).read_bytes() == CONTENT


def test_a_dropped_connection_is_continued_where_it_broke(repository: Repository, tmp_path: Path) -> None:
    repository.faults = ["drop"]
    pauses: list[float] = []
    assert get(repository, tmp_path, pauses).read_bytes() == CONTENT
    assert repository.asked == [(PATH, None), (PATH, f"bytes={len(CONTENT) // 2}-")]
    assert pauses == [1.0]


def test_an_overloaded_server_is_asked_again_with_longer_pauses(repository: Repository, tmp_path: Path) -> None:
    repository.faults = ["503", "429", "500"]
    pauses: list[float] = []
    assert get(repository, tmp_path, pauses).read_bytes() == CONTENT
    assert pauses == [1.0, 2.0, 4.0]


def test_a_server_that_stays_down_is_named(repository: Repository, tmp_path: Path) -> None:
    repository.faults = ["503"] * ATTEMPTS
    with pytest.raises(NodeError, match=r"503.*KINDRED_NODE_REPOSITORY") as refused:
        get(repository, tmp_path)
    assert repository.url + PATH in str(refused.value)
    assert len(repository.asked) == ATTEMPTS


def test_a_file_that_is_not_there_is_asked_for_once(repository: Repository, tmp_path: Path) -> None:
    repository.faults = ["404"]
    with pytest.raises(NodeError, match="404"):
        get(repository, tmp_path)
    assert len(repository.asked) == 1


def test_nothing_listens(tmp_path: Path) -> None:
    with pytest.raises(NodeError, match=r"http://127\.0\.0\.1:1/"):
        fetch(ARCHIVE, tmp_path, "http://127.0.0.1:1", pause=lambda seconds: None)


def test_two_at_once_download_once(repository: Repository, tmp_path: Path) -> None:
    threads = [threading.Thread(target=get, args=(repository, tmp_path)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (tmp_path / "thing-1.0.zip").read_bytes() == CONTENT
    assert len(repository.asked) == 1


def test_a_cache_that_cannot_be_written_names_its_setting(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(NodeError, match="KINDRED_CACHE"):
        fetch(ARCHIVE, tmp_path / "file", "http://127.0.0.1:1")


def test_only_plugins_with_a_pinned_checksum_are_taken() -> None:
    with pytest.raises(NodeError, match=r"KINDRED_NODE_PLUGINS: 'opensearch-security' is not one of .*opensearch-knn"):
        plugin("opensearch-security")
    for archive in (DISTRIBUTION, *PLUGINS.values()):
        assert re.fullmatch(r"[0-9a-f]{64}", archive.sha256)

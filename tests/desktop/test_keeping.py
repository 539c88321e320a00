"""Settings, tokens and exports on disk."""

import csv
import json
import stat
from pathlib import Path

import pytest

from desktop.errors import KeepingError
from desktop.search import export
from desktop.settings import MAX_HISTORY, Settings, SettingsFile
from desktop.tokens import Tokens
from tests.desktop.doubles import hit


class Store:
    """A key store in memory; a broken one fails at every call, as a locked one does."""

    def __init__(self, broken: bool = False) -> None:
        self.kept: dict[tuple[str, str], str] = {}
        self.broken = broken

    def get_password(self, service: str, name: str) -> str | None:
        self._check()
        return self.kept.get((service, name))

    def set_password(self, service: str, name: str, secret: str) -> None:
        self._check()
        self.kept[(service, name)] = secret

    def delete_password(self, service: str, name: str) -> None:
        self._check()

    def _check(self) -> None:
        if self.broken:
            raise RuntimeError("locked")


def test_settings_come_back(tmp_path: Path) -> None:
    file = SettingsFile(tmp_path / "new")
    chosen = Settings(theme="dark", language="zh_CN", filters={"brand": ["Acme"]}).with_query("mug").with_query("pan")
    file.write(chosen)
    assert file.read() == chosen
    assert file.read().history == ("pan", "mug")


def test_a_query_stands_once_in_a_history_that_ends() -> None:
    settings = Settings()
    for text in [*map(str, range(80)), "5"]:
        settings = settings.with_query(text)
    assert len(settings.history) == len(set(settings.history)) == MAX_HISTORY
    assert settings.history[:2] == ("5", "79")


@pytest.mark.parametrize("content", ["{", "[]", "\udcff"])
def test_broken_settings_are_put_aside(tmp_path: Path, content: str) -> None:
    file = SettingsFile(tmp_path)
    file.path.write_bytes(content.encode("utf-8", "surrogateescape"))
    assert file.read() == Settings()
    assert file.path.with_suffix(".unreadable").exists()


def test_settings_of_another_version_are_read_as_far_as_they_are_understood(tmp_path: Path) -> None:
    file = SettingsFile(tmp_path)
    file.path.write_text(json.dumps({"theme": "dark", "language": 7, "next_year": True}))
    assert file.read() == Settings(theme="dark")


def test_settings_that_cannot_be_written_say_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(KeepingError, match="cannot be written"):
        SettingsFile(tmp_path / "file").write(Settings())


def test_tokens_go_to_the_key_store_and_leave_the_file(tmp_path: Path) -> None:
    assert Tokens(tmp_path).keep("http://a", "old") == "file"
    store = Store()
    tokens = Tokens(tmp_path, store)
    assert tokens.read("http://a") == "old"
    assert tokens.keep("http://a", "secret") == "store"
    assert tokens.read("http://a") == "secret"
    assert "old" not in tokens.file.read_text()


def test_without_a_key_store_only_the_owner_can_read_the_file(tmp_path: Path) -> None:
    tokens = Tokens(tmp_path, Store(broken=True))
    assert tokens.keep("http://a", "secret") == "file"
    assert tokens.read("http://a") == "secret"
    assert tokens.read("http://b") == ""
    assert stat.S_IMODE(tokens.file.stat().st_mode) == 0o600


@pytest.mark.parametrize(("cell", "written"), [
    ("=1+1", "'=1+1"), ("@SUM(A1)", "'@SUM(A1)"), ("-2+3", "'-2+3"), ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"),
    ("\tx", "'\tx"), ("  =1", "'  =1"), ("＝1", "'＝1"), ("-4.5", "-4.5"), ("mug", "mug"), ("", ""),
])  # fmt: skip
def test_no_cell_is_a_formula(cell: str, written: str) -> None:
    assert export.guarded(cell) == written


def test_an_export_reads_back(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    assert export.write(path, [hit(1, "=evil", category=["Home", "Kitchen"]), hit(2, '日本, "quoted"')]) == 2
    with path.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["id"] for row in rows] == ["'=evil", '日本, "quoted"']
    assert (rows[0]["category"], rows[0]["why"]) == ("Home, Kitchen", "keyword 40 %; text 60 %")
    assert list(tmp_path.iterdir()) == [path]


def test_an_export_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    def hits():  # type: ignore[no-untyped-def]
        yield hit(1, "a")
        raise OSError(28, "No space left on device")

    with pytest.raises(KeepingError, match="No space left"):
        export.write(tmp_path / "out.csv", hits())
    assert list(tmp_path.iterdir()) == []

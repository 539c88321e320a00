"""The bridge's token: in the system's key store, and where there is none in a file that only its owner can read."""

import json
import os
from pathlib import Path
from typing import Protocol

from desktop.errors import KeepingError
from desktop.i18n import tr

_SERVICE = "kindred-desktop"


class KeyStore(Protocol):
    """What is used of `keyring`."""

    def get_password(self, service: str, name: str, /) -> str | None: ...
    def set_password(self, service: str, name: str, secret: str, /) -> None: ...
    def delete_password(self, service: str, name: str, /) -> None: ...


class Tokens:
    """Keeps one token for each bridge's address. Key stores may ask the user something: call it in a job."""

    def __init__(self, folder: Path, store: KeyStore | None = None) -> None:
        self.file = folder / "tokens.json"
        self._store = store

    def read(self, url: str) -> str:
        """Return the token of a bridge, empty where none is kept."""
        if self._store is not None:
            try:
                found = self._store.get_password(_SERVICE, url)
                if found:
                    return found
            except Exception:  # noqa: BLE001 - each backend has errors of its own; the file is the fallback
                self._store = None
        return self._read_file().get(url, "")

    def keep(self, url: str, token: str) -> str:
        """Keep a token; return `store` or `file`, wherever it went. KeepingError where neither takes it."""
        if self._store is not None:
            try:
                self._store.set_password(_SERVICE, url, token)
                self._forget_in_file(url)
                return "store"
            except Exception:  # noqa: BLE001
                self._store = None
        self._write_file(self._read_file() | {url: token})
        return "file"

    def _forget_in_file(self, url: str) -> None:
        kept = self._read_file()
        if url in kept:
            self._write_file({name: token for name, token in kept.items() if name != url})

    def _read_file(self) -> dict[str, str]:
        try:
            found = json.loads(self.file.read_text(encoding="utf-8"))
            return {str(url): str(token) for url, token in found.items()}
        except (OSError, ValueError, AttributeError):
            return {}

    def _write_file(self, tokens: dict[str, str]) -> None:
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            beside = self.file.with_suffix(".new")
            beside.unlink(missing_ok=True)
            # Made closed: at no moment can others read it.
            handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w", encoding="utf-8") as stream:
                json.dump(tokens, stream)
            beside.replace(self.file)
        except OSError as error:
            message = tr("The token cannot be kept: {reason}.", reason=error.strerror or error)
            raise KeepingError(message, f"{self.file}: {error!r}") from error


def system_store() -> KeyStore | None:
    """Return the system's key store, None where there is none that keeps secrets."""
    try:
        import keyring
        from keyring.backends import fail, null

        found = keyring.get_keyring()
        if isinstance(found, fail.Keyring | null.Keyring) or getattr(found, "priority", 1) <= 0:
            return None
    except Exception:  # noqa: BLE001 - a broken key store is as good as none
        return None
    return found

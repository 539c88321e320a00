"""Named bearer tokens: who may ask the bridge for what.

`tokens.json` holds names, roles and sha256 hashes; it is what the bridge checks against. `secrets.json` beside it
holds the secrets themselves, for the programs on this machine that need one (the command line, the installation of
the drop-in). Both are readable by their owner only.
"""

import hashlib
import hmac
import os
import secrets
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import orjson
from filelock import FileLock

from plugin_bridge.errors import BridgeError

ROLES = ("storefront", "merchandiser", "release", "admin")
"""From the least to the most that a token may do; each role may do all that those before it may."""


@dataclass(frozen=True)
class Token:
    """A token as it is stored: the hash of its secret, in hex."""

    name: str
    role: str
    sha256: str
    created: str

    def allows(self, role: str) -> bool:
        """Return whether this token may do what `role` may."""
        return ROLES.index(self.role) >= ROLES.index(role)


class TokenStore:
    """The tokens in a folder. Safe to share between threads and processes."""

    def __init__(self, home: Path) -> None:
        self.path = home / "tokens.json"
        self.secrets_path = home / "secrets.json"
        self._lock = threading.Lock()
        self._stamp: tuple[int, int] | None = None
        self._tokens: tuple[Token, ...] = ()

    def ensure(self) -> dict[str, str]:
        """Create one token per role where there are none yet; return the secrets of those just made, by name."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self._filelock():
            if self.path.exists():
                return {}
            made = {role: secrets.token_urlsafe(32) for role in ROLES}
            # The secrets first: with tokens.json in place and no secrets nobody could ever log in.
            _write(self.secrets_path, made)
            self._save([_token(role, role, secret) for role, secret in made.items()])
            return made

    def tokens(self) -> tuple[Token, ...]:
        """Return all tokens; the file is read again when it has changed."""
        with self._lock:
            try:
                found = self.path.stat()
            except FileNotFoundError:
                return ()
            stamp = (found.st_mtime_ns, found.st_ino)
            if stamp != self._stamp:
                self._tokens = self._read()
                self._stamp = stamp
            return self._tokens

    def authenticate(self, secret: str) -> Token | None:
        """Return the token with this secret, or None. Every hash is compared, each in constant time."""
        given = hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
        match: Token | None = None
        for token in self.tokens():
            if hmac.compare_digest(token.sha256, given):
                match = token
        return match

    def secret(self, name: str) -> str:
        """Return the secret of a token made on this machine; raise BridgeError where it is not known here."""
        try:
            kept = orjson.loads(self.secrets_path.read_bytes())
        except FileNotFoundError:
            kept = {}
        except (OSError, orjson.JSONDecodeError) as error:
            raise BridgeError(f"{self.secrets_path} cannot be read: {error}") from error
        if name not in kept:
            raise BridgeError(f"the secret of token {name!r} is not in {self.secrets_path}")
        return str(kept[name])

    def add(self, name: str, role: str) -> str:
        """Add a token and return its secret, which is not kept anywhere."""
        if role not in ROLES:
            raise BridgeError(f"role {role!r} is unknown; roles are {', '.join(ROLES)}")
        if not name or any(token.name == name for token in self.tokens()):
            raise BridgeError(f"a token needs a name of its own; {name!r} is taken or empty")
        secret = secrets.token_urlsafe(32)
        with self._filelock():
            self._save([*self.tokens(), _token(name, role, secret)])
        return secret

    def remove(self, name: str) -> None:
        """Remove a token; its secret is refused from then on, by a running bridge too."""
        with self._filelock():
            left = [token for token in self.tokens() if token.name != name]
            if len(left) == len(self.tokens()):
                raise BridgeError(f"there is no token {name!r}")
            self._save(left)

    def _filelock(self) -> FileLock:
        return FileLock(self.path.with_suffix(".lock"), timeout=10)

    def _save(self, tokens: list[Token]) -> None:
        _write(self.path, {"tokens": [asdict(token) for token in tokens]})

    def _read(self) -> tuple[Token, ...]:
        try:
            stored = orjson.loads(self.path.read_bytes())
            tokens = tuple(Token(**record) for record in stored["tokens"])
        except (OSError, orjson.JSONDecodeError, KeyError, TypeError) as error:
            raise BridgeError(f"{self.path} cannot be read: {error}") from error
        for token in tokens:
            if token.role not in ROLES:
                raise BridgeError(f"{self.path}: token {token.name!r} has the unknown role {token.role!r}")
        return tokens


def _token(name: str, role: str, secret: str) -> Token:
    digest = hashlib.sha256(secret.encode()).hexdigest()
    return Token(name, role, digest, datetime.now(UTC).isoformat(timespec="seconds"))


def _write(path: Path, document: Mapping[str, object]) -> None:
    """Replace a file at once; nobody but its owner can read it at any moment."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
        stream.write(orjson.dumps(document, option=orjson.OPT_INDENT_2))
        stream.flush()
        os.fsync(stream.fileno())
    draft.replace(path)

"""Customers are known by a hash with a secret salt: neither files nor logs of Kindred hold an id of the shop.

The salt lives in the home, readable by its owner only. Whoever has it can tell whether a known id is in the data, and
nobody else; with the salt deleted, no row can be tied to a customer any more.
"""

import hashlib
import hmac
import os
import secrets
from pathlib import Path

from plugin_bridge.errors import BehaviourError

SALT_FILE = "behaviour-salt"
_SALT_BYTES = 32
_LENGTH = 20  # bytes of a hash; two of a billion customers meet with a chance of 1e-30


class Pseudonyms:
    """Turns ids of customers into hashes with one salt."""

    def __init__(self, salt: bytes) -> None:
        if len(salt) < _SALT_BYTES:
            raise BehaviourError(f"a salt has at least {_SALT_BYTES} bytes, got {len(salt)}")
        self._salt = salt

    def of(self, customer: str) -> str:
        """Return the hash of a customer's id, 40 hex digits."""
        mixed = hmac.new(self._salt, customer.strip().encode(), hashlib.sha256)
        return mixed.digest()[:_LENGTH].hex()


def pseudonyms(home: Path) -> Pseudonyms:
    """Return the pseudonyms of a home, whose salt is made at the first call."""
    path = home / SALT_FILE
    try:
        return Pseudonyms(bytes.fromhex(path.read_text(encoding="ascii").strip()))
    except FileNotFoundError:
        home.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        raise BehaviourError(f"{path} cannot be read: {error}; without it known customers are strangers") from error
    draft = path.with_name(f".{SALT_FILE}-{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as stream:
        stream.write(secrets.token_bytes(_SALT_BYTES).hex() + "\n")
    try:
        os.link(draft, path)  # of two first calls at a time one wins, and both read what it wrote
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    return pseudonyms(home)

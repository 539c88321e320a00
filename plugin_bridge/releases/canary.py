"""A canary: a small share of a storefront's requests is ranked by a candidate, decided inside the rewrite.

Which requests these are follows from a hash, so that a shopper sees one ranking: of the session that the storefront
names in `ext.ml_inference.session`, else of the text that is searched for.
"""

import hashlib
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import delete, insert, select

from plugin_bridge.errors import ReleaseError
from plugin_bridge.releases.records import now
from plugin_bridge.storage import Storage
from plugin_bridge.storage.jobs import canaries

MOST_SHARE = 0.5


@dataclass(frozen=True)
class Canary:
    """The index of the candidate, and which share of requests it ranks, from 0 to 0.5."""

    alias: str
    target: str
    share: float
    by: str
    at: str

    def to_json(self) -> dict[str, Any]:
        """Return it as the bridge answers it; `generation` is the short name, as `g008`."""
        return {**asdict(self), "generation": self.target.rsplit("-", 1)[-1]}


class Canaries:
    """The canaries, one an alias at most, as the database keeps them."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def all(self) -> dict[str, Canary]:
        """Return the canaries by alias."""
        with self._storage.read() as connection:
            rows = connection.execute(select(canaries)).mappings()
            return {row["alias"]: Canary(**{str(name): value for name, value in row.items()}) for row in rows}

    def set(self, alias: str, target: str, share: float, by: str) -> Canary | None:
        """Give a candidate its share; 0 ends the canary. Raises ReleaseError for a share that is none."""
        if not 0 <= share <= MOST_SHARE:
            raise ReleaseError(f"a canary's share is from 0 to {MOST_SHARE:g}, not {share:g}")
        with self._storage.write() as connection:
            connection.execute(delete(canaries).where(canaries.c.alias == alias))
            if share == 0:
                return None
            made = Canary(alias, target, share, by, now())
            connection.execute(insert(canaries).values(**asdict(made)))
        return made

    def end(self, alias: str) -> None:
        """End the canary of an alias, if there is one."""
        with self._storage.write() as connection:
            connection.execute(delete(canaries).where(canaries.c.alias == alias))


def chosen(key: str, share: float) -> bool:
    """Return whether the request of this session or text is among the share; always the same for the same key."""
    digest = hashlib.blake2b(key.encode("utf-8", "replace"), digest_size=8).digest()
    return int.from_bytes(digest) / 2**64 < share

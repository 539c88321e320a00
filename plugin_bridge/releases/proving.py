"""The proof that two generations hold the same products: every document of both, but for what an encoder makes."""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from opensearch.client import Cluster, path
from opensearch.generations import Generation
from opensearch.mappings import BEHAVIOUR_VECTOR, IMAGE_HASH, IMAGE_VECTOR, TEXT_HASH, TEXT_VECTOR
from opensearch.scanning import scan
from plugin_bridge.releases.following import AT_ONCE, identities, refresh

_VECTORS = (TEXT_VECTOR, IMAGE_VECTOR, BEHAVIOUR_VECTOR)


@dataclass(frozen=True)
class Proof:
    """That two generations hold the same products: counts, and one checksum over all documents of each.

    `differing` are products of which a write is missing. `late` counts those that somebody wrote past Kindred after
    the last pass, while this was read: they differ by right, and are brought over after the switch.
    """

    live: int
    candidate: int
    live_checksum: str
    candidate_checksum: str
    differing: tuple[str, ...] = ()
    late: int = 0

    @property
    def holds(self) -> bool:
        """Whether nothing is missing."""
        return not self.differing

    def to_json(self) -> dict[str, Any]:
        """Return it as a release's record keeps it."""
        return {**self.__dict__, "differing": list(self.differing[:20]), "holds": self.holds}


class Prover:
    """Compares two generations by a digest of every document, without what the candidate's encoder makes."""

    def __init__(self, cluster: Cluster, source: Generation, target: Generation, *, photos: bool) -> None:
        """Prepare; `photos` says whether the candidate reads photos anew: then their hashes are its own."""
        self._cluster, self._pair = cluster, (source.index, target.index)
        self._left_out = {*_VECTORS, IMAGE_HASH if photos else TEXT_HASH}
        self._digests: tuple[dict[str, bytes], dict[str, bytes]] = ({}, {})

    def read(self) -> None:
        """Read all documents of both."""
        for index, digests in zip(self._pair, self._digests, strict=True):
            refresh(self._cluster, index)
            excludes = {"excludes": list(_VECTORS)}
            digests.clear()
            for hit in scan(self._cluster, index, source=excludes, size=1000):
                digests[hit["_id"]] = self._digest(hit["_source"])

    def renew(self, ids: Collection[str]) -> None:
        """Read these documents again, and drop those that are not there any more."""
        for index, digests in zip(self._pair, self._digests, strict=True):
            there = identities(self._cluster, index)
            for one in digests.keys() - there:
                del digests[one]
            again = sorted({*ids, *(there - digests.keys())})
            for start in range(0, len(again), AT_ONCE):
                body = {"ids": again[start : start + AT_ONCE]}
                params = {"_source_excludes": ",".join(_VECTORS)}
                for one in self._cluster.request("POST", path(index, "_mget"), body, params=params)["docs"]:
                    if one.get("found"):
                        digests[one["_id"]] = self._digest(one["_source"])

    def proof(self, through: int) -> Proof:
        """Return counts and checksums of what was read; live writes after `through` may be missing in the candidate."""
        live, candidate = self._digests
        differing = sorted(one for one in live.keys() | candidate.keys() if live.get(one) != candidate.get(one))
        early = []
        for start in range(0, len(differing), AT_ONCE):
            body, params = {"ids": differing[start : start + AT_ONCE]}, {"_source": False}
            docs = self._cluster.request("POST", path(self._pair[0], "_mget"), body, params=params)["docs"]
            # What is gone by now was there when deletions were last looked for, or the candidate would not have it.
            early += [one["_id"] for one in docs if one.get("found") and one["_seq_no"] <= through]
        sums = _checksum(live), _checksum(candidate)
        return Proof(len(live), len(candidate), sums[0], sums[1], tuple(early), len(differing) - len(early))

    def _digest(self, source: Mapping[str, Any]) -> bytes:
        kept = {name: value for name, value in source.items() if name not in self._left_out}
        return hashlib.blake2b(orjson.dumps(kept, option=orjson.OPT_SORT_KEYS), digest_size=16).digest()


def _checksum(digests: Mapping[str, bytes]) -> str:
    whole = hashlib.sha256()
    for one in sorted(digests):
        whole.update(one.encode("utf-8", "replace") + b"\0" + digests[one])
    return whole.hexdigest()[:32]

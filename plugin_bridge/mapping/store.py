"""Maps that were made, kept on disk by generation: the next look, or the next start of the bridge, finds them."""

import contextlib
import gzip
import hashlib
import os
from pathlib import Path
from typing import Any

import orjson

from opensearch.generations import Generation
from plugin_bridge.mapping.making import MapWanted

KEPT = 20


class MapStore:
    """The folder `maps` of a home. What cannot be read or written counts as not there: a map can be made anew."""

    def __init__(self, home: Path) -> None:
        self._folder = home / "maps"

    def read(self, generation: Generation, wanted: MapWanted) -> dict[str, Any] | None:
        """Return a map as the bridge answers it, None where there is none."""
        try:
            return dict(orjson.loads(gzip.decompress(self._path(generation, wanted).read_bytes())))
        except (OSError, EOFError, ValueError):
            return None

    def write(self, generation: Generation, wanted: MapWanted, document: dict[str, Any]) -> bool:
        """Keep a map as the bridge answers it, the oldest ones leave; return whether it could be kept."""
        path = self._path(generation, wanted)
        beside = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            beside.write_bytes(gzip.compress(orjson.dumps(document), 5))
            beside.replace(path)
            for old in sorted(self._folder.glob("*.json.gz"), key=lambda one: -one.stat().st_mtime)[KEPT:]:
                old.unlink(missing_ok=True)
        except OSError:
            with contextlib.suppress(OSError):
                beside.unlink()
            return False
        return True

    def _path(self, generation: Generation, wanted: MapWanted) -> Path:
        encoder = generation.image if wanted.field == "image" else generation.text
        parts = (generation.index, generation.created, encoder.fingerprint if encoder else "", *vars(wanted).values())
        name = hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest()[:32]
        return self._folder / f"{name}.json.gz"

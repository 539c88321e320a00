"""Deletes a customer's data everywhere, and looks whether it is gone."""

import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from encoders.store import ModelStore
from plugin_bridge.behaviour.crowd import CROWD_FILE, load_crowd, save_crowd
from plugin_bridge.behaviour.diary import Diary
from plugin_bridge.behaviour.identity import SALT_FILE, Pseudonyms
from plugin_bridge.behaviour.model import behaviour_models

_CHUNK = 1 << 20


@dataclass(frozen=True)
class Forgotten:
    """What was deleted, which models held the customer, and files where a trace is left (none, or a failure)."""

    rows: int
    models: tuple[str, ...]
    searched: int
    traces: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Return what is printed."""
        return {
            "rows": self.rows,
            "models": list(self.models),
            "files_searched": self.searched,
            "gone": not self.traces,
            "traces": list(self.traces),
        }


def forget(home: Path, store: ModelStore, pseudonyms: Pseudonyms, customer: str) -> Forgotten:
    """Delete a customer from the diary and from every model's crowd, then search all files of the home for it.

    Item models keep what all customers together did; a training afterwards no longer counts this one.
    """
    known_as = pseudonyms.of(customer)
    rows = Diary(home).forget(known_as)
    touched = []
    for name in behaviour_models(store):
        folder = store.folder(name)
        crowd = load_crowd(folder)
        if known_as in set(crowd.names.tolist()):
            save_crowd(folder, crowd.without([known_as]))
            touched.append(name)
    searched, traces = 0, []
    for path in sorted(home.rglob("*")):
        if path.is_file() and path.name != SALT_FILE:
            searched += 1
            if _holds(path, known_as):
                traces.append(str(path))
    return Forgotten(rows, tuple(touched), searched, tuple(traces))


def _holds(path: Path, name: str) -> bool:
    """Whether a file holds a name, as text or as the wide characters in which arrays keep text."""
    needles = (name.encode(), name.encode("utf-32-le"))
    if path.name == CROWD_FILE:
        try:
            return name in set(load_crowd(path.parent).names.tolist())  # compressed: bytes would not tell
        except (OSError, zipfile.BadZipFile):
            return False
    overlap = max(len(one) for one in needles)
    tail = b""
    try:
        with path.open("rb") as stream:
            while chunk := stream.read(_CHUNK):
                window = tail + chunk
                if any(needle in window for needle in needles):
                    return True
                tail = window[-overlap:]
    except OSError:
        return False
    return False

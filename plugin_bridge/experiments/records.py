"""Recording, finding and comparing experiments. A record is written whole or not at all."""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from plugin_bridge.errors import BridgeError

FILE = "experiment.json"
_LENGTH = 16


@dataclass(frozen=True)
class Experiment:
    """A training that ended: what it was made from, what it made, what it reached, how far the export is off."""

    id: str
    kind: str
    model: str
    base: str
    labels: str
    settings: Mapping[str, Any]
    figures: Mapping[str, Any]
    parity: Mapping[str, Any]
    seconds: float
    device: str
    models: Mapping[str, str] = field(default_factory=dict)
    ended: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))

    def to_json(self) -> dict[str, Any]:
        """Return it as `kindred experiments` and the bridge print it."""
        return asdict(self)


def identity_of(kind: str, labels: str, settings: Mapping[str, Any], base: str) -> str:
    """Return the hash of what decides a training: kind, hash of the labels, settings, fingerprint of the base."""
    stated = orjson.dumps([kind, labels, dict(settings), base], option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(stated).hexdigest()[:_LENGTH]


def record(home: Path, experiment: Experiment) -> Path:
    """Write an experiment and return its file."""
    path = home / "experiments" / experiment.id / FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".part")
    draft.write_bytes(orjson.dumps(experiment.to_json(), option=orjson.OPT_INDENT_2 | orjson.OPT_SERIALIZE_NUMPY))
    draft.replace(path)
    return path


def listed(home: Path) -> list[Experiment]:
    """Return the experiments, newest first; files that cannot be read are left out."""
    found = [one for path in (home / "experiments").glob(f"*/{FILE}") if (one := _read(path)) is not None]
    return sorted(found, key=lambda one: one.ended, reverse=True)


def find(home: Path, identity: str) -> Experiment | None:
    """Return an experiment by its hash or by an unmistakable beginning of it; None where there is none.

    Raises BridgeError where several begin so.
    """
    if not identity.isalnum():
        return None
    found = [one for one in listed(home) if one.id.startswith(identity)]
    if len(found) > 1 and identity not in {one.id for one in found}:
        raise BridgeError(f"{identity} begins {len(found)} experiments: {', '.join(one.id for one in found)}")
    return next((one for one in found if one.id == identity), found[0] if found else None)


def compared(one: Experiment, two: Experiment) -> dict[str, Any]:
    """Return what differs between two experiments: what they were made from, and each figure beside the other's."""
    inputs = {
        name: [getattr(one, name), getattr(two, name)]
        for name in ("kind", "base", "labels", "device")
        if getattr(one, name) != getattr(two, name)
    }
    keys = sorted({*one.settings, *two.settings})
    settings = {key: [one.settings.get(key), two.settings.get(key)] for key in keys}
    names = sorted({*one.figures, *two.figures})
    return {
        "experiments": [one.id, two.id],
        "models": [one.model, two.model],
        "inputs": inputs,
        "settings": {key: both for key, both in settings.items() if both[0] != both[1]},
        "figures": {name: [one.figures.get(name), two.figures.get(name)] for name in names},
        "seconds": [one.seconds, two.seconds],
    }


def _read(path: Path) -> Experiment | None:
    try:
        stated = orjson.loads(path.read_bytes())
        return Experiment(**{**stated, "id": path.parent.name})
    except (OSError, ValueError, TypeError):
        return None

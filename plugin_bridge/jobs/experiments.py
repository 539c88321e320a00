"""The recorded trainings of this home: `experiments/<hash>/experiment.json`, as trainings write them."""

import logging
from pathlib import Path
from typing import Any

import orjson

log = logging.getLogger(__name__)


def experiments(home: Path) -> list[dict[str, Any]]:
    """Return the experiments, newest first; one that cannot be read is logged and left out."""
    found = []
    for file in (home / "experiments").glob("*/experiment.json"):
        try:
            one = orjson.loads(file.read_bytes())
            found.append({**one, "id": file.parent.name})
        except (OSError, ValueError, TypeError) as error:
            log.warning("%s cannot be read: %s", file, error)
    return sorted(found, key=lambda one: str(one.get("ended") or ""), reverse=True)

"""Releases as the database keeps them: one row for each attempt, with the steps that it has behind it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import insert, select, update

from plugin_bridge.errors import ReleaseError
from plugin_bridge.storage import Storage
from plugin_bridge.storage.jobs import releases

BUILDING, COMPARED, REFUSED, RELEASED = "building", "compared", "refused", "released"
ROLLED_BACK, FAILED = "rolled back", "failed"
UNDECIDED = (BUILDING, COMPARED, REFUSED, FAILED, ROLLED_BACK)
"""States of a release that a repeat takes up again, as long as its index is there."""


@dataclass(frozen=True)
class Release:
    """One attempt. `source` and `target` are indices: the live one at its begin, and the one that was built.

    `steps` are those behind it, each with `name`, `at` and figures; `found` is the comparison.
    """

    id: int
    alias: str
    model: str
    fingerprint: str
    kind: str
    by: str
    source: str
    target: str | None
    state: str
    verdict: str | None
    begun: str
    ended: str | None
    problem: str | None
    steps: tuple[Mapping[str, Any], ...]
    found: Mapping[str, Any] | None

    def step(self, name: str) -> Mapping[str, Any] | None:
        """Return the newest record of a step, None where it is not behind this release."""
        return next((one for one in reversed(self.steps) if one["name"] == name), None)

    def to_json(self) -> dict[str, Any]:
        """Return it as the bridge answers it."""
        found = self.found or {}
        return {
            "id": self.id,
            "alias": self.alias,
            "model": self.model,
            "fingerprint": self.fingerprint,
            "kind": self.kind,
            "by": self.by,
            "from": self.source,
            "to": self.target,
            "state": self.state,
            "verdict": self.verdict,
            "begun": self.begun,
            "ended": self.ended,
            "problem": self.problem,
            "comparison": found.get("comparison", {}),
            "changes": found.get("changes", []),
            "deciding": found.get("deciding", []),
            "judge_next": found.get("judge_next", []),
            "notes": found.get("notes", []),
            "steps": [dict(one) for one in self.steps],
        }


class Releases:
    """The releases of one alias. Safe to share between threads and processes."""

    def __init__(self, storage: Storage, alias: str) -> None:
        self._storage, self.alias = storage, alias

    def begin(self, model: str, fingerprint: str, kind: str, by: str, source: str) -> Release:
        """Take up the undecided release of this model from this live index, or note a new one."""
        for one in self.all():
            same = (one.model, one.fingerprint, one.source) == (model, fingerprint, source)
            if same and one.state in UNDECIDED and one.target is not None:
                return self.change(one, state=BUILDING, verdict=None, problem=None, ended=None, by=by)
        row: dict[str, Any] = {"alias": self.alias, "model": model, "fingerprint": fingerprint, "kind": kind, "by": by}
        row |= {"source": source, "state": BUILDING, "begun": now(), "steps": []}
        with self._storage.write() as connection:
            made = connection.execute(insert(releases).values(**row)).inserted_primary_key
        assert made is not None
        return self.get(made[0])

    def get(self, number: int) -> Release:
        """Return a release; raises ReleaseError where there is none of this number."""
        with self._storage.read() as connection:
            wanted = select(releases).where(releases.c.alias == self.alias, releases.c.id == number)
            row = connection.execute(wanted).mappings().first()
        if row is None:
            raise ReleaseError(f"{self.alias} has no release {number}; `kindred releases` lists them")
        return _read(row)

    def all(self, most: int = 100) -> list[Release]:
        """Return the releases, newest first."""
        with self._storage.read() as connection:
            wanted = select(releases).where(releases.c.alias == self.alias).order_by(releases.c.id.desc()).limit(most)
            return [_read(row) for row in connection.execute(wanted).mappings()]

    def change(self, release: Release, **values: Any) -> Release:
        """Write values of a release and return it as it now is."""
        with self._storage.write() as connection:
            connection.execute(update(releases).where(releases.c.id == release.id).values(**values))
        return self.get(release.id)

    def add_step(self, release: Release, name: str, **figures: Any) -> Release:
        """Note that a step is done; one of the same name before it is replaced."""
        current = self.get(release.id)
        kept = [dict(one) for one in current.steps if one["name"] != name]
        return self.change(release, steps=[*kept, {"name": name, "at": now(), **figures}])


def now() -> str:
    """Return this moment as the database keeps times."""
    return datetime.now(UTC).isoformat(timespec="microseconds")


def _read(row: Mapping[Any, Any]) -> Release:
    return Release(**{**{str(name): value for name, value in row.items()}, "steps": tuple(row["steps"])})

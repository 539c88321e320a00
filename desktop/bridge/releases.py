"""Releases and their comparisons, as values. Reading is forgiving, as in `answers.py`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from desktop.bridge.answers import one_line, sentence
from desktop.bridge.client import Bridge
from desktop.errors import BridgeRefusedError
from desktop.i18n import tr

_SLOW = 60.0


@dataclass(frozen=True)
class Measure:
    """A figure of the live generation and of the candidate, and the gain with its 95 % interval over so many cases."""

    name: str
    live: float
    candidate: float
    difference: float
    low: float
    high: float
    cases: int
    enough: bool = True

    @classmethod
    def read(cls, name: str, document: Mapping[str, Any]) -> "Measure":
        """Read one measure."""
        live, candidate, difference, low, high = (
            float(document[one]) for one in ("live", "candidate", "difference", "low", "high")
        )
        cases = int(document.get("queries") or document.get("pairs") or document.get("cases") or 0)
        return cls(name, live, candidate, difference, low, high, cases, bool(document.get("enough", True)))


@dataclass(frozen=True)
class Change:
    """A query whose first results differ; products are (id, title). `overlap` is the share that stays, 0 to 1."""

    query: str
    overlap: float
    before: tuple[tuple[str, str], ...]
    after: tuple[tuple[str, str], ...]

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> "Change":
        """Read one change."""
        before, after = (
            tuple((str(one["id"]), one_line((one.get("product") or {}).get("title")) or str(one["id"])) for one in hits)
            for hits in (document.get("before") or (), document.get("after") or ())
        )
        return cls(one_line(document["query"]), float(document.get("overlap") or 0), before, after)


@dataclass(frozen=True)
class Release:
    """An attempt to bring a model into the shop."""

    id: int
    model: str
    source: str
    target: str
    state: str
    verdict: str = ""
    begun: str = ""
    problem: str = ""
    measures: tuple[Measure, ...] = ()
    changes: tuple[Change, ...] = ()
    notes: tuple[str, ...] = ()
    judge_next: int = 0

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> "Release":
        """Read one release."""
        comparison = document.get("comparison") or {}
        return cls(
            id=int(document["id"]),
            model=str(document.get("model") or ""),
            source=str(document.get("from") or ""),
            target=str(document.get("to") or ""),
            state=str(document.get("state") or ""),
            verdict=str(document.get("verdict") or ""),
            begun=str(document.get("begun") or ""),
            problem=sentence(document.get("problem")),
            measures=tuple(Measure.read(name, one) for name, one in comparison.items() if one),
            changes=tuple(Change.read(one) for one in document.get("changes") or ()),
            notes=tuple(one_line(one) for one in document.get("notes") or ()),
            judge_next=len(document.get("judge_next") or ()),
        )


class Releases:
    """The bridge's endpoints for releases."""

    def __init__(self, bridge: Bridge) -> None:
        self._bridge = bridge

    def all(self) -> tuple[Release, ...]:
        """Return the releases, newest first."""
        answer = self._bridge.ask("GET", "/v1/releases", timeout=_SLOW)
        return self._bridge.read(lambda document: tuple(map(Release.read, document["releases"])), answer)

    def switch(self, release: Release) -> None:
        """Make the candidate of a release live, also one that is not surely better."""
        body = {"force": release.verdict != "better", "worse": release.verdict == "worse"}
        self._as_releaser("POST", f"/v1/releases/{release.id}/switch", body)

    def roll_back(self, to: str) -> None:
        """Make an earlier generation live again."""
        self._as_releaser("POST", "/v1/rollback", {"to": to})

    def _as_releaser(self, method: str, path: str, body: Any) -> None:
        try:
            self._bridge.ask(method, path, body, timeout=_SLOW * 5)
        except BridgeRefusedError as error:
            if error.status != 403:
                raise
            message = tr("This wants a token of the role “release”: connect with one, then try again.")
            raise BridgeRefusedError(403, message, None, error.details) from error

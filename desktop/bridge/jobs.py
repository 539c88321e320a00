"""Jobs and the experiments that are recorded of them, as values. Reading is forgiving, as in `answers.py`."""

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from desktop.bridge.answers import one_line, sentence
from desktop.bridge.client import Bridge
from desktop.errors import BridgeRefusedError
from desktop.i18n.bridge import told

OVER = ("done", "failed", "cancelled", "lost")
_GATHER_SECONDS, _QUIET_SECONDS = 0.5, 10.0
Figures = Mapping[str, float]


@dataclass(frozen=True)
class Plan:
    """What a job of a kind would work with. `seconds` and `labels` are None where nobody knows."""

    kind: str
    device: str
    is_gpu: bool
    seconds: float | None
    labels: int | None
    bases: tuple[str, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> "Plan":
        """Read a plan."""
        device = document.get("device") or {}
        return cls(
            kind=str(document["kind"]),
            device=one_line(device.get("name")),
            is_gpu=device.get("kind") == "cuda",
            seconds=document.get("seconds"),
            labels=document.get("labels"),
            bases=tuple(str(one) for one in document.get("bases") or ()),
            settings=dict(document.get("settings") or {}),
        )


@dataclass(frozen=True)
class Step:
    """Figures of one step of a training: its loss, and by name what was measured on the validation part."""

    step: float
    loss: float | None = None
    valid: Figures = field(default_factory=dict)

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> "Step":
        """Read one event of figures."""
        loss = document.get("loss")
        number = document.get("step")
        return cls(
            float(number if isinstance(number, int | float) else 0),
            float(loss) if isinstance(loss, int | float) else None,
            numbers(document.get("valid")),
        )


@dataclass(frozen=True)
class Job:
    """A job of the bridge. `share` is how much of it is done, None where that is not known."""

    id: int
    kind: str
    state: str
    by: str = ""
    queued: str = ""
    started: str = ""
    ended: str = ""
    message: str = ""
    share: float | None = None
    seconds_left: float | None = None
    figures: tuple[Step, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    result: Any = None
    problem: str = ""

    @property
    def is_over(self) -> bool:
        """Whether it has ended, in whatever way."""
        return self.state in OVER

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> "Job":
        """Read a job."""
        progress = document.get("progress") or {}
        return cls(
            id=int(document["id"]),
            kind=str(document["kind"]),
            state=str(document["state"]),
            by=str(document.get("by") or ""),
            queued=str(document.get("queued") or ""),
            started=str(document.get("started") or ""),
            ended=str(document.get("ended") or ""),
            message=sentence(progress.get("message")),
            share=_share(progress),
            seconds_left=progress.get("seconds_left"),
            figures=tuple(Step.read(one) for one in document.get("figures") or ()),
            settings=dict(document.get("settings") or {}),
            result=document.get("result"),
            problem=sentence(document.get("problem")),
        )


@dataclass(frozen=True)
class News:
    """What a job told since one last looked: `last` is where to go on. `streamed` is false where no events came."""

    last: str
    job: Job | None = None
    figures: tuple[Step, ...] = ()
    message: str = ""
    share: float | None = None
    seconds_left: float | None = None
    log: tuple[str, ...] = ()
    streamed: bool = True


@dataclass(frozen=True)
class Experiment:
    """A training that is recorded, with all its figures by name: `valid f1`. `models` are those that it made."""

    id: str
    kind: str
    model: str
    base: str = ""
    labels: str = ""
    figures: Figures = field(default_factory=dict)
    parity: Figures = field(default_factory=dict)
    seconds: float | None = None
    device: str = ""
    ended: str = ""
    models: tuple[str, ...] = ()

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> "Experiment":
        """Read one experiment."""
        device, labels = document.get("device"), document.get("labels")
        return cls(
            id=str(document["id"]),
            kind=str(document.get("kind") or ""),
            model=str(document.get("model") or ""),
            base=_words(document.get("base")),
            labels=_words(labels),
            figures=numbers(document.get("figures")),
            parity=numbers(_unnamed(document.get("parity"), str(document.get("model") or ""))),
            seconds=document.get("seconds"),
            device=_words(device.get("name") or device.get("kind") if isinstance(device, Mapping) else device),
            ended=str(document.get("ended") or ""),
            models=tuple(str(one) for one in document.get("models") or ()),
        )


class Jobs:
    """The bridge's endpoints for jobs and experiments."""

    def __init__(self, bridge: Bridge) -> None:
        self._bridge = bridge

    def plan(self, kind: str) -> Plan:
        """Return what a job of a kind would work with."""
        return self._bridge.read(Plan.read, self._bridge.ask("GET", "/v1/jobs/plan", params={"kind": kind}))

    def start(self, kind: str, settings: Mapping[str, Any]) -> Job:
        """Queue a job."""
        body = {"kind": kind, "settings": dict(settings)}
        return self._bridge.read(Job.read, self._bridge.ask("POST", "/v1/jobs", body))

    def all(self) -> tuple[Job, ...]:
        """Return the jobs, newest first."""
        answer = self._bridge.ask("GET", "/v1/jobs")
        return self._bridge.read(lambda document: tuple(Job.read(one) for one in document["jobs"]), answer)

    def log(self, job: int) -> str:
        """Return what a job has said in words."""
        return "\n".join(map(told, self._bridge.lines(f"/v1/jobs/{job}/log")))

    def cancel(self, job: int) -> Job:
        """Cancel a job."""
        return self._bridge.read(Job.read, self._bridge.ask("POST", f"/v1/jobs/{job}/cancel"))

    def news(self, job: int, last: str, state: str) -> News:
        """Wait until a job tells something new, at most ten seconds, and return it.

        The bridge's server-sent events are read from where the last look ended, until half a second after the first
        news; a bridge that has none of them is asked once. `state` is the one that is known.
        """
        found: list[tuple[str, str, Any]] = []
        end = time.monotonic() + _QUIET_SECONDS
        fresh = False
        headers = {"last-event-id": last} if last else {}
        try:
            for event in _events(self._bridge.lines(f"/v1/jobs/{job}/events", headers, quiet=_QUIET_SECONDS)):
                found.append(event)
                if not fresh and not (event[0] == "state" and event[2].get("state") == state):
                    fresh, end = True, time.monotonic() + _GATHER_SECONDS
                if time.monotonic() >= end:
                    break
        except BridgeRefusedError as error:
            if error.status not in (404, 405, 501):
                raise
            answer = self._bridge.ask("GET", f"/v1/jobs/{job}")
            return News(last, self._bridge.read(Job.read, answer), streamed=False)
        return self._bridge.read(lambda events: _news(events, last), found)

    def experiments(self) -> tuple[Experiment, ...]:
        """Return the recorded trainings, newest first."""
        answer = self._bridge.ask("GET", "/v1/experiments")
        return self._bridge.read(lambda document: tuple(map(Experiment.read, document["experiments"])), answer)


def numbers(found: Any, before: str = "") -> dict[str, float]:
    """Return all numbers of a document by their path, in words: {"valid": {"f1": 0.8}} is {"valid f1": 0.8}."""
    flat: dict[str, float] = {}
    for name, value in found.items() if isinstance(found, Mapping) else ():
        path = f"{before} {name}".strip()
        if isinstance(value, Mapping):
            flat |= numbers(value, path)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            flat[path] = float(value)
    return flat


def _unnamed(parity: Any, model: str) -> Any:
    """Return parity by what each model is, not by its name, so that two experiments can stand side by side."""
    if not isinstance(parity, Mapping) or not model:
        return parity
    return {str(name).removeprefix(model).lstrip("-"): value for name, value in parity.items()}


def _events(lines: Iterator[str]) -> Iterator[tuple[str, str, Any]]:
    """Yield server-sent events as (kind, id, document); the format is that of the HTML standard, 9.2.6."""
    kind, identity, data = "message", "", ""
    for line in lines:
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if not line:
            if data:
                yield kind, identity, json.loads(data)
            kind, identity, data = "message", "", ""
        elif name == "event":
            kind = value
        elif name == "id":
            identity = value
        elif name == "data":
            data += value


def _news(events: list[tuple[str, str, Any]], last: str) -> News:
    job, figures, log = None, [], []
    progress: Mapping[str, Any] = {}
    for kind, identity, document in events:
        last = identity or last
        if kind == "state":
            job = Job.read(document)
        elif kind == "figures":
            figures.append(Step.read(document))
        elif kind == "log":
            log.append(told(str(document.get("message") or "")))
        elif kind == "progress":
            progress = document
    left = progress.get("seconds_left")
    return News(last, job, tuple(figures), sentence(progress.get("message")), _share(progress), left, tuple(log))


def _share(progress: Mapping[str, Any]) -> float | None:
    step, of = progress.get("step"), progress.get("of")
    if not isinstance(step, int | float) or not isinstance(of, int | float) or of <= 0:
        return None
    return min(1.0, max(0.0, step / of))


def _words(found: Any) -> str:
    if isinstance(found, Mapping):
        return ", ".join(f"{name} {value}" for name, value in found.items() if isinstance(value, int | float | str))
    if isinstance(found, list):
        return ", ".join(map(str, found))
    return "" if found is None else str(found)

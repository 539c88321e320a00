"""How bridge and node stand, asked for again and again, as the status bar says it. Free of Qt."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from desktop.bridge import Bridge, Standing
from desktop.errors import BridgeRefusedError, DesktopError
from desktop.i18n import formats, tr
from desktop.running import Latest, Runner

State = Literal["asking", "well", "degraded", "refused", "away"]


@dataclass(frozen=True)
class HealthView:
    """What the status bar and the strip show. `strip` is empty while all is well."""

    state: State = "asking"
    bridge: str = ""
    node: str = ""
    generation: str = ""
    strip: str = ""
    details: str = ""
    standing: Standing | None = None

    @property
    def word(self) -> str:
        """The state in a word, beside its mark: never colour alone."""
        return {
            "asking": tr("connecting"),
            "well": tr("well"),
            "degraded": tr("degraded"),
            "refused": tr("refused"),
            "away": tr("away"),
        }[self.state]


class HealthPresenter:
    """Asks the bridge how it stands; `show` gets every answer."""

    def __init__(self, bridge: Bridge, runner: Runner, show: Callable[[HealthView], None], version: str = "") -> None:
        """Prepare; `version` is the desktop's own, empty where nobody knows it."""
        self._bridge, self._show, self._version = bridge, show, version
        self._asked = Latest(runner)
        self.view = HealthView()

    def use(self, bridge: Bridge) -> None:
        """Ask another bridge from now on."""
        self._bridge = bridge
        self._asked.forget()
        self._give(HealthView())
        self.ask()

    def ask(self) -> None:
        """Ask once, unless an answer is still on its way."""
        if self._asked.waiting:
            return
        bridge = self._bridge

        def look() -> tuple[Standing, float]:
            began = time.perf_counter()
            return bridge.standing(), (time.perf_counter() - began) * 1000

        self._asked.run(look, self._stands, self._fails)

    def _stands(self, found: tuple[Standing, float]) -> None:
        standing, ms = found
        documents = "" if standing.documents is None else formats.number(standing.documents)
        live = next((row for row in standing.generations if row.live), None)
        generation = standing.generation or tr("nothing loaded")
        if live is not None and live.model:
            generation = f"{generation} · {live.model}"
        problem = standing.problem
        if not standing.node_running:
            problem = tr("OpenSearch does not answer.") + (f" {problem}" if problem else "")
        node = tr("node {version}", version=standing.node_version) if standing.node_running else tr("node away")
        if documents:
            node = f"{node} · " + tr("{count} products", count=documents)
        self._give(
            HealthView(
                state="degraded" if problem else "well",
                bridge=tr("bridge {ms} ms", ms=formats.number(ms)),
                node=node,
                generation=f"{standing.alias} ({generation})",
                strip=problem or other_version(standing.version, self._version),
                standing=standing,
            )
        )

    def _fails(self, error: Exception) -> None:
        details = error.details if isinstance(error, DesktopError) else repr(error)
        refused = isinstance(error, BridgeRefusedError) and error.status in (401, 403)
        self._give(
            HealthView(
                state="refused" if refused else "away",
                bridge=tr("token refused") if refused else tr("bridge away"),
                strip=str(error) if isinstance(error, DesktopError) else tr("Something went wrong in the desktop."),
                details=details,
            )
        )

    def _give(self, view: HealthView) -> None:
        self.view = view
        self._show(view)


def other_version(bridge: str, desktop: str) -> str:
    """Return what there is to say of a bridge of another version; the last number makes no difference."""
    if not desktop or bridge.split(".")[:2] == desktop.split(".")[:2]:
        return ""
    if not bridge:
        return tr("The bridge is older than this desktop: some pages may say that it lacks something. Update it.")
    return tr(
        "The bridge is version {bridge}, this desktop {desktop}: update the older one, some pages may not work.",
        bridge=bridge,
        desktop=desktop,
    )

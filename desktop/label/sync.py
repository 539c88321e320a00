"""Sends what was labelled to the bridge, in the order in which it was done. Free of Qt."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from desktop.bridge.labels import Given, Labels, Receipt
from desktop.errors import BridgeRefusedError, BridgeStrangeError, DesktopError
from desktop.i18n import tr
from desktop.outbox import Tray
from desktop.running import Runner

BATCH = 200
# Answers that are about a label itself: to send it again would change nothing. Others, such as 401 or 503, may pass.
_ABOUT_THE_LABEL = (400, 404, 409, 410, 413, 422)


@dataclass(frozen=True)
class Report:
    """How far sending came: `problem` is why it ended before all was sent."""

    sent: int
    problem: Exception | None = None


class Sync:
    """Sends in a job, one at a time. `told` gets every report."""

    def __init__(self, runner: Runner, told: Callable[[Report], None]) -> None:
        self._runner, self._told = runner, told
        self._tray: Tray | None = None
        self._labels: Labels | None = None
        self._busy = self._again = False

    def use(self, tray: Tray, labels: Labels) -> None:
        """Send the labels of a shop to its bridge from now on."""
        self._tray, self._labels = tray, labels

    def kick(self) -> None:
        """Send what waits; while sending, once more after it."""
        tray, labels = self._tray, self._labels
        if tray is None or labels is None:
            return
        if self._busy:
            self._again = True
            return
        self._busy, self._again = True, False

        def done(report: Report) -> None:
            self._busy = False
            self._told(report)
            if self._again and report.problem is None:
                self.kick()

        self._runner.run(lambda: send(tray, labels), done, lambda error: done(Report(0, error)))


def send(tray: Tray, labels: Labels) -> Report:
    """Send until nothing waits or the bridge can take no more; what was sent is noted as it goes."""
    sent = 0
    try:
        while waiting := tray.waiting(BATCH):
            first = waiting[0]
            if first.given is None:
                _send_undo(tray, labels, first.key, first.of, first.of_was_refused)
                sent += 1
                continue
            run: list[Given] = []
            for one in waiting:
                if one.given is None:
                    break
                run.append(one.given)
            sent += _send_labels(tray, labels, run)
    except DesktopError as error:
        return Report(sent, error)
    return Report(sent)


def _send_labels(tray: Tray, labels: Labels, given: Sequence[Given]) -> int:
    try:
        receipt = labels.give(given)
    except BridgeRefusedError as error:
        if error.status not in _ABOUT_THE_LABEL or _is_too_old(error):
            raise
        if len(given) > 1:  # one of them is wrong: which one is found by sending each alone
            return sum(_send_labels(tray, labels, (one,)) for one in given)
        receipt = Receipt(frozenset(), {given[0].key: str(error)})
    known = {one.key for one in given} & (receipt.saved | receipt.refused.keys())
    if not known:
        raise BridgeStrangeError(tr("The bridge did not say what became of the labels."), repr(receipt))
    tray.sent(receipt)
    return len(known)


def _send_undo(tray: Tray, labels: Labels, key: str, of: str, of_was_refused: bool) -> None:
    if of_was_refused:  # there is nothing at the bridge that could be taken back
        tray.undo_sent(key)
        return
    try:
        labels.undo(key, of)
    except BridgeRefusedError as error:
        if error.status not in _ABOUT_THE_LABEL or _is_too_old(error):
            raise
        tray.undo_sent(key, str(error))
    else:
        tray.undo_sent(key)


def _is_too_old(error: BridgeRefusedError) -> bool:
    """Return whether a bridge has no labels at all: nothing is refused then, it all waits for a newer one."""
    return error.status in (404, 405) and "/v1/" in str(error)

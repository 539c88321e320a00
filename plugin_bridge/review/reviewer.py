"""The door to reviewing: decisions come in, are recorded, and reach the live index without running anybody over."""

import hashlib
import logging
import secrets
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from opensearch import generations
from opensearch.errors import OpenSearchError
from opensearch.generations import Generation
from opensearch.mappings import INTERNAL_PREFIX
from plugin_bridge.errors import BridgeError, RequestError
from plugin_bridge.review import checking, marks
from plugin_bridge.review.applying import apply
from plugin_bridge.review.documents import Document, Documents
from plugin_bridge.review.history import Decision, History
from plugin_bridge.review.ledger import Ledger, Step
from plugin_bridge.review.marks import MULTIPLE, Mark
from plugin_bridge.review.values import (
    ACTIONS,
    Action,
    Change,
    Conflict,
    Decided,
    Outcome,
    Preview,
    StoredSuggestion,
    Wanted,
)
from plugin_bridge.storage import Storage
from plugin_bridge.tagging.suggesting import CATEGORY, join_path, split_path

log = logging.getLogger(__name__)

MOST_IN_BULK = 20_000
SHOWN = 100


class Reviewer:
    """Decides suggestions of one alias for named people. Safe to share between threads and processes."""

    def __init__(
        self,
        storage: Storage,
        alias: str,
        documents: Documents,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.ledger = Ledger(storage, alias)
        self.history = History(storage, alias)
        self.documents = documents
        self._cluster = documents.cluster
        self._now = now

    def live(self) -> Generation:
        """Return the live generation; raises RequestError 409 where nothing is loaded."""
        found = generations.live(self._cluster, self.ledger.alias)
        if found is None:
            raise RequestError(f"nothing is live behind {self.ledger.alias}; load a catalogue first", status=409)
        return found

    def products(self, found: Iterable[StoredSuggestion]) -> dict[str, dict[str, Any]]:
        """Return the fields that the products of suggestions have in the live index; deleted products are left out."""
        documents = self.documents.read(self.live().index, {one.product for one in found})
        return {
            name: {field: value for field, value in one.source.items() if not field.startswith(INTERNAL_PREFIX)}
            for name, one in documents.items()
        }

    def accept(self, ids: Sequence[int], by: str) -> Outcome:
        """Put the suggested values into the index; what stands in the way of one is told and stops none of the others.

        Raises:
            StorageError: the database does not take it; nothing was decided.
            OpenSearchError: the products cannot be read; nothing was decided. Where writing fails later, the
                decisions stay, `pending`, and are written as soon as that is possible.
        """
        return self._decide("accept", self._found(ids), by)

    def refuse(self, ids: Sequence[int], by: str) -> Outcome:
        """Note that the suggested values are wrong; they are not suggested again for these products."""
        return self._decide("refuse", self._found(ids), by)

    def correct(self, number: int, value: str, by: str, *, new: bool = False) -> Outcome:
        """Put another value than the suggested one into the index; `new` allows a category that no product has yet."""
        value = value.strip()
        if not value:
            raise RequestError("a correction needs a value", status=422, field="value")
        return self._decide("correct", self._found([number]), by, value=value, new=new)

    def preview(self, wanted: Wanted, action: Action) -> Preview:
        """Return what a bulk decision over these suggestions would do, and the token that stands for it."""
        steps, conflicts, documents = self._bulk(wanted, action)
        changes = []
        for step in steps[:SHOWN]:
            one, document = step.suggestion, documents.get(step.suggestion.product)
            source = document.source if document else {}
            before = source.get(one.field)
            after = marks.add(source, [step.mark]).get(one.field, before) if step.mark else before
            changes.append(Change(one.id, one.product, source.get("title"), one.field, before, after, one.confidence))
        by_value = Counter(f"{step.suggestion.field}: {step.suggestion.value}" for step in steps)
        return Preview(
            action=action,
            token=_token(action, steps),
            count=len(steps),
            products=len({step.suggestion.product for step in steps}),
            by_value=dict(by_value.most_common(SHOWN)),
            changes=tuple(changes),
            conflicts=tuple(conflicts[:SHOWN]),
        )

    def bulk(self, wanted: Wanted, action: Action, token: str, by: str) -> Outcome:
        """Do what a preview showed; raises RequestError 409 where these are not the suggestions that it showed."""
        self.repair()
        steps, conflicts, _ = self._bulk(wanted, action, by)
        if token != _token(action, steps):
            raise RequestError(
                "the suggestions are not those that the preview showed: others came or were decided since. "
                "Look at a new preview",
                status=409,
                field="token",
            )
        return self._record(f"bulk {action}", steps, conflicts, by)

    def undo(self, operation: int, by: str) -> Outcome:
        """Take an operation back, each decision of it that nobody has changed since."""
        found = self.history.operation(operation)
        if found is None:
            raise RequestError(f"there is no operation {operation}", status=404, field="operation")
        if found.undoes is not None:
            raise RequestError(f"operation {operation} is an undo; decide the suggestions anew", field="operation")
        decisions = self.history.decisions(operation)
        if not decisions:
            raise RequestError(f"operation {operation} was undone already", status=409, field="operation")
        self.repair()
        stored = self.ledger.named(one.suggestion for one in decisions)
        documents = self.documents.read(self.live().index, {one.product for one in decisions})
        steps, conflicts = [], []
        for decision in decisions:
            one = stored[decision.suggestion]
            step = self._undoing(decision, one, documents.get(one.product))
            if isinstance(step, Step):
                steps.append(step)
            else:
                conflicts.append(step)
        return self._record("undo", steps, conflicts, by, undoes=operation)

    def repair(self) -> int:
        """Make the writes that an earlier process recorded and did not get done; return how many were wanted.

        Every write is safe to repeat: where it had been made, nothing changes.
        """
        waiting = self.ledger.pending()
        if waiting:
            apply(self.documents, self.ledger, self.live, waiting, self._time())
        return len(waiting)

    def _found(self, ids: Sequence[int]) -> list[StoredSuggestion | Conflict]:
        found = self.ledger.named(ids)
        return [found.get(one, Conflict("unknown", f"there is no suggestion {one}", one)) for one in dict.fromkeys(ids)]

    def _bulk(
        self, wanted: Wanted, action: Action, by: str = ""
    ) -> tuple[list[Step], list[Conflict], Mapping[str, Document]]:
        if action not in ACTIONS or action == "correct":
            raise RequestError(f"in bulk there is accept and refuse, not {action!r}", status=422, field="action")
        page = self.ledger.find(replace(wanted, state="open"), size=MOST_IN_BULK)
        if page.total > MOST_IN_BULK:
            raise RequestError(
                f"{page.total:,} suggestions are more than the {MOST_IN_BULK:,} that one bulk decision takes; narrow "
                "the filter",
                status=413,
            )
        # One value each for fields that have one: the most confident, which comes first.
        seen: set[tuple[str, str]] = set()
        chosen = []
        for one in page.suggestions:
            key = (one.product, one.field)
            if action == "refuse" or one.field in MULTIPLE or key not in seen:
                chosen.append(one)
                seen.add(key)
        return self._planned(action, chosen, by)

    def _decide(
        self,
        action: Action,
        found: Sequence[StoredSuggestion | Conflict],
        by: str,
        *,
        value: str | None = None,
        new: bool = False,
    ) -> Outcome:
        self.repair()
        conflicts = [one for one in found if isinstance(one, Conflict)]
        stored = []
        for one in found:
            if isinstance(one, StoredSuggestion):
                if one.state == "open":
                    stored.append(one)
                else:
                    conflicts.append(self.ledger.decided(one))
        steps, more, _ = self._planned(action, stored, by, value=value, new=new)
        return self._record(action, steps, conflicts + more, by)

    def _planned(
        self,
        action: Action,
        stored: Sequence[StoredSuggestion],
        by: str,
        *,
        value: str | None = None,
        new: bool = False,
    ) -> tuple[list[Step], list[Conflict], Mapping[str, Document]]:
        """Return the steps of decisions, and the conflicts of those that cannot be made."""
        index, writes = self.live().index, action != "refuse"
        documents = self.documents.read(index, {one.product for one in stored})
        paths = {value or one.value for one in stored if one.field == CATEGORY} if writes and not new else set()
        missing = checking.missing_categories(self._cluster, index, paths)
        steps: list[Step] = []
        conflicts: list[Conflict] = []
        taken: set[marks.Key] = set()
        for one in stored:
            document = documents.get(one.product)
            conflict = checking.against(one, document.source if document else None, writes=writes)
            if conflict is None and one.field == CATEGORY and (value or one.value) in missing:
                conflict = checking.no_category(one, value or one.value)
            if conflict is None and writes and not checking.is_usable(one.field):
                conflict = Conflict("refused", f"the field {one.field!r} cannot be set", one.id, one.product, one.field)
            if conflict is None and writes and one.field not in MULTIPLE and (one.product, one.field) in taken:
                text = f"{one.field} of {one.product!r} has one value, and another one is accepted in the same request"
                conflict = Conflict("decided", text, one.id, one.product, one.field)
            if conflict is not None or document is None:
                conflicts.extend([conflict] if conflict else [])
                continue
            taken.add((one.product, one.field))
            steps.append(self._step(action, one, document, by, value))
        self._close_gone(conflicts)
        return steps, conflicts, documents

    def _step(self, action: Action, one: StoredSuggestion, document: Document, by: str, value: str | None) -> Step:
        if action == "refuse":
            return Step(one, action)
        chosen = one.value if value is None else value
        if one.field == CATEGORY:
            chosen = join_path([level.strip() for level in split_path(chosen)])
        before = checking.current(one, document.source, chosen)
        stamp = self._stamp(before)
        return Step(one, action, chosen, Mark(one.field, chosen, by, stamp, since=stamp.split("#")[0]), before)

    def _undoing(self, decision: Decision, one: StoredSuggestion, document: Document | None) -> Step | Conflict:
        if decision.mark is None:
            return Step(one, "undo", undoes=decision.id)
        if document is None:
            return Conflict("gone", f"there is no product {one.product!r} any more", one.id, one.product, one.field)
        now = marks.read(document.source).marks.get(decision.mark.key)
        if now is None or now.stamp != decision.mark.stamp:
            who = f"was set by {now.by} at {now.at}" if now else "was written by somebody else"
            message = f"{one.field} of {one.product!r} {who}, after what is to be undone"
            by_at = (now.by, now.at) if now else (None, None)
            return Conflict("edited", message, one.id, one.product, one.field, *by_at)
        # Back to what a person had set before, else to the catalogue's own value.
        earlier = decision.before or replace(decision.mark, active=False)
        mark = replace(earlier, stamp=self._stamp(now))
        return Step(one, "undo", mark.value if mark.active else None, mark, now, undoes=decision.id)

    def _record(
        self, kind: str, steps: Sequence[Step], conflicts: list[Conflict], by: str, undoes: int | None = None
    ) -> Outcome:
        at = self._time()
        operation, recorded, late = self.ledger.record(kind, steps, by, at, undoes)
        events = {event: step for step, event in recorded}
        lost: dict[int, Conflict] = {}
        unwritten: set[int] = set()
        if any(step.mark for step, _ in recorded):
            waiting = [intent for intent in self.ledger.pending() if intent.event in events]
            try:
                lost, unwritten = apply(self.documents, self.ledger, self.live, waiting, at)
            except (OpenSearchError, BridgeError) as error:
                # Recorded is recorded: `repair` makes the write.
                log.warning("decisions of operation %s are not in the index yet: %s", operation, error)
                unwritten = {intent.event for intent in waiting}
        decided = tuple(
            Decided(
                step.suggestion.id,
                step.suggestion.product,
                step.suggestion.field,
                step.action,
                step.chosen,
                event not in unwritten,
            )
            for event, step in events.items()
            if event not in lost
        )
        everything = (*conflicts, *late, *lost.values())
        return Outcome(operation if decided else None, decided, everything)

    def _close_gone(self, conflicts: Sequence[Conflict]) -> None:
        gone = [one.suggestion for one in conflicts if one.code == "gone" and one.suggestion is not None]
        if gone:
            self.ledger.close_gone(gone)

    def _time(self) -> str:
        return _iso(self._now())

    def _stamp(self, after: Mark | None = None) -> str:
        """Return a stamp of now, later than that of the mark that it is to replace, whatever the clocks say."""
        now = self._now()
        if after is not None:
            now = max(now, datetime.fromisoformat(after.stamp.split("#")[0]) + timedelta(microseconds=1))
        return f"{_iso(now)}#{secrets.token_hex(4)}"


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def _token(action: str, steps: Sequence[Step]) -> str:
    numbers = ",".join(str(number) for number in sorted(step.suggestion.id for step in steps))
    return hashlib.sha256(f"{action}:{numbers}".encode()).hexdigest()[:32]

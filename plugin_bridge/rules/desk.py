"""What endpoints and commands do with rules: list, add, change, remove, undo, and show what a rule would change."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from plugin_bridge.errors import RequestError
from plugin_bridge.rules.book import RuleBook, precedence
from plugin_bridge.rules.conflicts import conflicts, conflicts_of
from plugin_bridge.rules.ledger import Change, RuleLedger
from plugin_bridge.rules.values import Draft, Rule, checked, sentence
from plugin_bridge.searching.answers import SearchAnswer
from plugin_bridge.searching.planning import SearchRequest
from plugin_bridge.searching.searcher import Searcher
from plugin_bridge.storage import Storage

PREVIEW_SIZE = 10
MOST_CONFLICTS = 200
_NEWEST = 2**31  # a rule that is not saved yet is the newest of all


class RuleDesk:
    """The rules of one alias, for people. `changed` is called after each change, so that it is in force at once."""

    def __init__(
        self,
        open_storage: Callable[[], Storage],
        searcher: Searcher,
        alias: str,
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        self._open = open_storage
        self._searcher = searcher
        self._alias = alias
        self._changed = changed

    def listed(self) -> dict[str, Any]:
        """Return all rules, those that go first first, and the conflicts among them."""
        rules, now = self._ledger().rules(), datetime.now(UTC)
        found = conflicts([one for one in rules if one.state(now) != "over"])
        return {
            "rules": [one.to_json(now) for one in sorted(rules, key=precedence)],
            "conflicts": [one.to_json() for one in found[:MOST_CONFLICTS]],
        }

    def named(self, number: int) -> Rule:
        """Return a rule; RequestError 404 where there is none of this number."""
        found = next((one for one in self._ledger().rules() if one.id == number), None)
        if found is None:
            raise RequestError(f"there is no rule {number}", status=404, field="id")
        return found

    def add(self, draft: Draft, by: str, key: str) -> dict[str, Any]:
        """Add a rule."""
        draft = checked(draft)
        return self._done(self._ledger().add(_owned(draft, by), by, key))

    def change(self, number: int, draft: Draft, by: str, key: str, version: int | None) -> dict[str, Any]:
        """Change a rule; `version` is the one that was looked at."""
        draft = checked(draft)
        return self._done(self._ledger().change(number, _owned(draft, by), by, key, version))

    def remove(self, number: int, by: str, key: str, version: int | None = None) -> dict[str, Any]:
        """Remove a rule."""
        return self._done(self._ledger().remove(number, by, key, version))

    def undo(self, event: int | None, by: str, key: str) -> dict[str, Any]:
        """Take a change back, by default one's own last one."""
        return self._done(self._ledger().undo(event, by, key))

    def audit(self, number: int | None = None, *, size: int = 50, offset: int = 0) -> dict[str, Any]:
        """Return who changed what, newest first."""
        return {"events": self._ledger().history(number, size=size, offset=offset)}

    def preview(
        self,
        draft: Draft,
        *,
        number: int | None = None,
        query: str | None = None,
        filters: Mapping[str, Any] | None = None,
        size: int = PREVIEW_SIZE,
        without: bool = False,
    ) -> dict[str, Any]:
        """Return the first results before and after a rule as if it held now, and what it conflicts with.

        `number` is the rule whose place the draft takes; with `without` it is not obeyed before either. Without
        `query` the rule's own words are searched.
        """
        draft = checked(draft)
        standing = self._ledger().rules()
        rule = Rule(**vars(replace(draft, starts=None, ends=None)), id=number or _NEWEST)
        others = [one for one in standing if one.id != number]
        request = _request(draft, query, filters, size, self._alias)
        before = self._searcher.search(request, RuleBook(others if without else standing))
        after = self._searcher.search(request, RuleBook([*others, rule]))
        timed = replace(rule, starts=draft.starts, ends=draft.ends)
        found = [one.to_json() for one in conflicts_of(timed, others)]
        for one in found:
            one["rules"] = [0 if other == _NEWEST else other for other in one["rules"]]
            one["wins"] = 0 if one["wins"] == _NEWEST else one["wins"]
        shown = {"query": request.text or "", "filters": dict(request.filters), "text": sentence(draft)}
        return {**shown, "before": _hits(before), "after": _hits(after), "conflicts": found, **_totals(before, after)}

    def _ledger(self) -> RuleLedger:
        return RuleLedger(self._open(), self._alias)

    def _done(self, change: Change) -> dict[str, Any]:
        self._changed()
        rule = None if change.rule is None else change.rule.to_json()
        found: list[dict[str, Any]] = []
        if change.rule is not None:
            found = [one.to_json() for one in conflicts_of(change.rule, self._ledger().rules())]
        state = "already" if change.already else "saved"
        return {"id": change.number, "event": change.event, "state": state, "rule": rule, "conflicts": found}


def _owned(draft: Draft, by: str) -> Draft:
    return draft if draft.owner else replace(draft, owner=by)


def _request(
    draft: Draft, query: str | None, filters: Mapping[str, Any] | None, size: int, alias: str
) -> SearchRequest:
    text, chosen = query, dict(filters or {})
    if draft.kind == "category":
        chosen.setdefault("category", draft.value)
    elif text is None:
        text = draft.value if draft.kind == "query" else draft.value.replace("*", "").replace("?", "")
    return SearchRequest(text=text, filters=chosen, size=size, explain=True, alias=alias)


def _hits(answer: SearchAnswer) -> list[dict[str, Any]]:
    return [vars(hit) for hit in answer.hits]


def _totals(before: SearchAnswer, after: SearchAnswer) -> dict[str, Any]:
    return {
        "total": {"before": before.total, "after": after.total},
        "generation": after.generation,
        "degraded": after.degraded,
        "reason": after.reason,
    }

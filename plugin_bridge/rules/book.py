"""All rules of a shop, ready to be asked which of them meet a request, and what they want of it together."""

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from plugin_bridge.rewrite.reading import Clause
from plugin_bridge.rewrite.ruling import LAST_PLACE, NONE, Effect, Hidden, Pin, Weighed
from plugin_bridge.rules.matching import matcher, normalised
from plugin_bridge.rules.values import FIELDS, Draft, Rule

_MOST_KEPT = 20_000
_Entry = tuple[float, float, Rule]


class RuleBook:
    """The rules of one alias, unchangeable. Safe to share between threads."""

    def __init__(self, rules: Iterable[Rule] = (), clock: Callable[[], float] = time.time) -> None:
        """Sort the rules by what they meet; `clock` tells which of them are live, in seconds since 1970."""
        self.rules = tuple(rules)
        self._clock = clock
        self._queries: dict[str, list[_Entry]] = defaultdict(list)
        self._categories: dict[str, list[_Entry]] = defaultdict(list)
        self._patterns: list[tuple[Callable[[str], bool], _Entry]] = []
        for rule in self.rules:
            entry = (_seconds(rule.starts, 0.0), _seconds(rule.ends, float("inf")), rule)
            if rule.kind == "query":
                self._queries[normalised(rule.value)].append(entry)
            elif rule.kind == "category":
                self._categories[normalised(rule.value)].append(entry)
            else:
                self._patterns.append((matcher(rule.value), entry))
        self._met: dict[tuple[str, frozenset[str]], tuple[_Entry, ...]] = {}

    def __bool__(self) -> bool:
        """Whether there is any rule."""
        return bool(self.rules)

    def meeting(self, text: str, categories: frozenset[str] = frozenset()) -> list[Rule]:
        """Return the live rules that meet a request, those that go first first."""
        key = (text, categories)
        found = self._met.get(key)
        if found is None:
            found = tuple(self._look(normalised(text), categories))
            if len(self._met) >= _MOST_KEPT:
                self._met.clear()
            self._met[key] = found
        if not found:
            return []
        now = self._clock()
        return sorted((rule for starts, ends, rule in found if starts <= now < ends), key=precedence)

    def effect(self, text: str, categories: frozenset[str] = frozenset()) -> Effect:
        """Return what the rules that meet a request want of it."""
        met = self.meeting(text, categories)
        return together(met) if met else NONE

    def _look(self, text: str, categories: frozenset[str]) -> list[_Entry]:
        found = list(self._queries.get(text, ())) if text else []
        found += [entry for fits, entry in self._patterns if fits(text)]
        for category in categories:
            found += self._categories.get(normalised(category), ())
        return found


def precedence(rule: Rule) -> tuple[int, int, int]:
    """Return by what rules are sorted: the higher priority first, hiding before all else, then the newer one."""
    return -rule.priority, 0 if rule.action == "hide" else 1, -rule.id


def target(draft: Draft) -> Clause:
    """Return the clause of the products that a rule is about."""
    if draft.products:
        return {"ids": {"values": list(draft.products)}}
    return {"term": {FIELDS[draft.field]: {"value": draft.of, "case_insensitive": True}}}


def together(rules: Sequence[Rule]) -> Effect:
    """Return what these rules want together; where two cannot both have their way, the earlier one does."""
    pins: dict[int, Pin] = {}
    hidden: list[Hidden] = []
    weighed: list[Weighed] = []
    gone: set[str] = set()
    directions: dict[str, str] = {}
    for rule in rules:
        if rule.action == "hide":
            kept = {pin.product for pin in pins.values()}
            hidden.append(Hidden(target(rule), rule.id, tuple(sorted(kept))))
            gone |= set(rule.products) - kept
        elif rule.action == "pin":
            _pin(rule, pins, gone)
        else:
            _weigh(rule, weighed, directions)
    return Effect(tuple(pins[place] for place in sorted(pins)), tuple(hidden), tuple(weighed))


def _pin(rule: Rule, pins: dict[int, Pin], gone: set[str]) -> None:
    """Give a rule's products the places they want, or the next free ones."""
    place = rule.place
    for product in rule.products:
        if product in gone or any(pin.product == product for pin in pins.values()):
            continue
        while place in pins:
            place += 1
        if place <= LAST_PLACE:
            pins[place] = Pin(place, product, rule.id)


def _weigh(rule: Rule, weighed: list[Weighed], directions: dict[str, str]) -> None:
    """Add a boost or a bury for what no earlier rule moves the other way."""
    factor = rule.factor if rule.action == "boost" else 1.0 / rule.factor
    if not rule.products:
        if directions.setdefault(f"{rule.field}={rule.of.casefold()}", rule.action) == rule.action:
            weighed.append(Weighed(target(rule), factor, rule.id))
        return
    left = [one for one in rule.products if directions.setdefault(f"\0{one}", rule.action) == rule.action]
    if left:
        weighed.append(Weighed({"ids": {"values": left}}, factor, rule.id))


def _seconds(moment: str | None, absent: float) -> float:
    return absent if moment is None else datetime.fromisoformat(moment).timestamp()

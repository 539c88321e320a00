"""Which rules meet a request, and what they want of it together."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from plugin_bridge.errors import RequestError
from plugin_bridge.rules.book import RuleBook
from plugin_bridge.rules.conflicts import conflicts
from plugin_bridge.rules.values import Draft, Rule, checked, draft_json, read_draft, sentence

PIN = Rule("pin", "query", "red boots", ("b1",), id=1)


def rule(number: int, action: str, kind: str = "query", value: str = "red boots", *products: str, **more) -> Rule:
    return Rule(action, kind, value, products or ("b1",), id=number, **more)


def test_a_rule_meets_its_own_words_only() -> None:
    book = RuleBook([PIN])
    assert [one.product for one in book.effect(" Red  BOOTS").pins] == ["b1"]
    assert not book.effect("red boots for men") and not book.effect("")


def test_a_category_meets_requests_filtered_by_it() -> None:
    book = RuleBook([rule(1, "hide", "category", "Shoes")])
    assert book.effect("", frozenset({"shoes"})).hidden
    assert not book.effect("shoes")


def test_a_rule_holds_from_its_start_until_its_end() -> None:
    now = [0.0]
    dated = replace(PIN, starts="2026-12-01T00:00:00+00:00", ends="2026-12-02T00:00:00+00:00")
    book = RuleBook([dated], clock=lambda: now[0])
    for moment, live in (("2026-11-30T23:59:59", False), ("2026-12-01T00:00:00", True), ("2026-12-02T00:00:00", False)):
        now[0] = datetime.fromisoformat(moment).replace(tzinfo=UTC).timestamp()
        assert bool(book.effect("red boots")) is live


def test_the_higher_priority_has_its_way_then_hiding_then_the_newer_one() -> None:
    pin, hide = rule(1, "pin"), rule(2, "hide")
    effect = RuleBook([pin, hide]).effect("red boots")
    assert not effect.pins and effect.hidden
    effect = RuleBook([replace(pin, priority=1), hide]).effect("red boots")
    assert [one.product for one in effect.pins] == ["b1"]
    assert effect.hidden[0].kept == ("b1",)
    first, second = rule(3, "pin", "query", "red boots", "b3"), rule(4, "pin", "query", "red boots", "b4")
    pins = RuleBook([first, second]).effect("red boots").pins
    assert [(one.place, one.product) for one in pins] == [(1, "b4"), (2, "b3")]


def test_what_is_boosted_and_buried_goes_one_way() -> None:
    effect = RuleBook([rule(1, "boost", factor=2.0), rule(2, "bury", factor=4.0)]).effect("red boots")
    assert [(one.rule, one.factor) for one in effect.weighed] == [(2, 1 / 4)]
    both = RuleBook([rule(1, "boost", factor=2.0), rule(2, "boost", "pattern", "boots")]).effect("red boots")
    assert sorted(one.factor for one in both.weighed) == [1.5, 2.0]


def test_conflicts_are_told_with_who_wins() -> None:
    rules = [
        rule(1, "pin", "query", "red boots", "a"),
        rule(2, "pin", "pattern", "boots", "b"),
        rule(3, "hide", "query", "red boots", "a"),
        rule(4, "boost", "query", "hats", "a"),
        rule(5, "bury", "pattern", "*", "a"),
        rule(6, "pin", "query", "hats", "a", ends="2020-01-01T00:00:00+00:00"),
        rule(7, "hide", "query", "hats", "a", starts="2020-01-01T00:00:00+00:00"),
    ]
    found = {(one.kind, one.rules): one.wins for one in conflicts(rules)}
    assert found == {("place", (1, 2)): 2, ("hidden", (1, 3)): 3, ("opposite", (4, 5)): 5}


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"action": "burn"}, "action"),
        ({"kind": "mood"}, "kind"),
        ({"value": "  "}, "value"),
        ({"kind": "pattern", "value": "?"}, "value"),
        ({"products": ()}, "products"),
        ({"field": "brand", "of": "Acme"}, "products"),
        ({"products": (), "field": "price", "of": "3"}, "field"),
        ({"products": (), "field": "brand", "of": "Acme"}, "products"),
        ({"place": 0}, "place"),
        ({"place": 51}, "place"),
        ({"factor": float("nan")}, "factor"),
        ({"factor": 0.5}, "factor"),
        ({"starts": "tomorrow"}, "starts"),
        ({"starts": "2026-12-02", "ends": "2026-12-01"}, "ends"),
        ({"priority": 100_000}, "priority"),
        ({"note": "x" * 2001}, "note"),
    ],
)
def test_what_is_wrong_is_named(wrong: dict, field: str) -> None:
    with pytest.raises(RequestError) as caught:
        checked(replace(PIN.draft(), **wrong))
    assert caught.value.field == field and caught.value.status == 422


def test_a_day_is_whole_and_moments_are_utc() -> None:
    draft = checked(replace(PIN.draft(), starts="2026-12-01", ends="2026-12-24"))
    assert (draft.starts, draft.ends) == ("2026-12-01T00:00:00+00:00", "2026-12-25T00:00:00+00:00")
    assert checked(replace(draft, starts="2026-12-01T01:00:00+01:00")).starts == "2026-12-01T00:00:00+00:00"


def test_a_draft_is_kept_as_it_is_and_reads_as_a_sentence() -> None:
    draft = checked(Draft("bury", "pattern", "*", field="brand", of="Acme", factor=2, owner="Ann", note="sold out"))
    assert read_draft(draft_json(draft)) == draft
    assert sentence(draft) == "bury brand “Acme” ÷2 everywhere"
    assert sentence(PIN) == "pin b1 to place 1 for “red boots”"

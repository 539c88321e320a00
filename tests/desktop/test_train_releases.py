"""Releases in the desktop, without a display: what is said before one is made, and of what came of it."""

from dataclasses import replace
from typing import Any

import pytest

from desktop.bridge import Bridge as Client
from desktop.bridge import GenerationRow, Standing
from desktop.bridge.releases import Release, Releases
from desktop.errors import BridgeRefusedError
from desktop.train.releases import (
    ReleasePresenter,
    ReleaseView,
    change_text,
    comparison_table,
    measure_name,
    measure_text,
    notes_of,
    release_rows,
)
from tests.desktop.doubles import AtOnce
from tests.fixtures.bridge import Bridge

RELEASE = {
    "id": 3, "model": "shop-3", "from": "shop-g007", "to": "shop-g008", "state": "compared", "verdict": "better",
    "comparison": {"ndcg@10": {"live": 0.781, "candidate": 0.796, "difference": 0.015, "low": 0.004, "high": 0.026,
                               "queries": 120, "enough": True}, "pairs_f1": {}},
    "changes": [{"query": "warm", "overlap": 0.5,
                 "before": [{"id": "a", "product": {"title": "A"}}, {"id": "b", "product": {}}],
                 "after": [{"id": "b", "product": {}}, {"id": "c", "product": {"title": "C"}}]}],
    "judge_next": [{"query": "warm", "product": "c"}],
}  # fmt: skip


class Shop:
    """A bridge's endpoints for releases."""

    def __init__(self) -> None:
        self.releases = (Release.read(RELEASE),)
        self.done: list[Any] = []
        self.error: Exception | None = None

    def all(self) -> tuple[Release, ...]:
        return self.releases

    def switch(self, release: Release) -> None:
        if self.error:
            raise self.error
        self.done.append(release.id)

    def roll_back(self, to: str) -> None:
        self.done.append(to)


def releasing() -> tuple[ReleasePresenter, list[ReleaseView], Shop]:
    views: list[ReleaseView] = []
    presenter = ReleasePresenter(None, AtOnce(), views.append)  # type: ignore[arg-type]
    shop = Shop()
    presenter._releases = shop  # type: ignore[assignment]
    rows = tuple(GenerationRow(f"g00{n}", n == 7, 1000, "minilm", False) for n in (6, 7, 8))
    presenter.stands(Standing("shop", "g007", 1000, "3.6.0", True, "", generations=rows))
    presenter.shown()
    return presenter, views, shop


def test_a_token_that_may_not_release_is_told_who_may() -> None:
    presenter, views, shop = releasing()
    rows = views[-1].generations
    presenter.stands(Standing("shop", "g007", 1000, "3.6.0", True, "", generations=rows, role="merchandiser"))
    assert "role “release”" in views[-1].permission and "kindred tokens show release" in views[-1].permission
    assert not views[-1].can_release and not views[-1].can_roll_back
    presenter.release_wanted()
    presenter.rollback_wanted()
    assert views[-1].question is None and shop.done == []
    assert views[-1].notice == views[-1].permission, "the palette has the command, too"
    presenter.stands(Standing("shop", "g007", 1000, "3.6.0", True, "", generations=rows, role="release"))
    assert views[-1].permission == "" and views[-1].can_release and views[-1].can_roll_back


def test_a_comparison_is_saved_with_the_names_that_people_read() -> None:
    headings, figures = comparison_table(Release.read(RELEASE))
    assert headings[0] == "Figure" and len(headings) == len(figures)
    assert figures == ("nDCG@10", "0.781", "0.796", "0.015", "0.004", "0.026", "120")
    assert measure_name("photo_pairs_f1") == "F1 of pairs by their photos"


def test_a_note_that_repeats_a_measure_is_left_out() -> None:
    release = replace(Release.read(RELEASE), notes=("ndcg@10: 1 cases are too few to tell", "labels decide"))
    assert notes_of(release) == ("labels decide",)


def test_a_release_says_what_it_means_before_it_is_made() -> None:
    presenter, views, shop = releasing()
    presenter.release_wanted()
    question = views[-1].question
    assert question is not None
    assert question.title == "Release g008?"
    assert "g008 with shop-3 takes the place of g007." in question.text
    presenter.refused()
    presenter.confirmed()
    assert shop.done == []
    presenter.release_wanted()
    presenter.confirmed()
    assert (shop.done, views[-1].notice) == ([3], "g008 is live.")
    shop.releases = (replace(shop.releases[0], state="released"),)
    presenter.shown()
    assert not views[-1].can_release


@pytest.mark.parametrize(("verdict", "said"), [("worse", "says that it is worse"), ("cannot tell", "cannot tell")])
def test_what_is_not_better_is_said_so(verdict: str, said: str) -> None:
    presenter, views, shop = releasing()
    shop.releases = (replace(shop.releases[0], verdict=verdict),)
    presenter.shown()
    presenter.release_wanted()
    assert views[-1].question is not None and said in views[-1].question.text


def test_rolling_back_names_both_generations() -> None:
    presenter, views, shop = releasing()
    presenter.rollback_wanted()
    question = views[-1].question
    assert question is not None and question.title == "Roll back from g007 to g006?"
    assert "g006 with minilm (1,000 products)" in question.text
    presenter.confirmed()
    assert shop.done == ["g006"]
    shop.error = BridgeRefusedError(409, "somebody loads")
    presenter.release_wanted()
    presenter.confirmed()
    assert (views[-1].notice, views[-1].working) == ("somebody loads", "")


def test_a_comparison_in_words() -> None:
    release = Release.read(RELEASE)
    assert [one.name for one in release.measures] == ["ndcg@10"]
    assert measure_text(release.measures[0]) == "nDCG@10: 0.781 → 0.796, +0.015 (+0.004 to +0.026), 120 cases"
    assert "too few" in measure_text(replace(release.measures[0], enough=False))
    assert change_text(release.changes[0]) == "warm: 1 of 2 stay"
    assert release_rows((release,))[0].cells[:4] == ("shop-3", "g007 → g008", "compared", "better")


def test_a_merchandiser_may_not_release(bridge: Bridge) -> None:
    client = Client(bridge.url, bridge.secret("merchandiser"))
    with pytest.raises(BridgeRefusedError, match="role “release”"):
        Releases(client).roll_back("g000")
    assert client.standing().role == "merchandiser"
    client.close()

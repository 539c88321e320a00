"""The label page without a display, through real HTTP and a real file."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from desktop import i18n
from desktop.bridge import Bridge
from desktop.bridge.labels import LabelStats, Pair
from desktop.label.presenter import LabelPresenter, Problems, waiting_text
from desktop.label.state import LabelView, attributes, pair_view
from desktop.outbox import Outbox
from tests.desktop.doubles import AtOnce, Later
from tests.desktop.label_server import LabelServer, pair


@pytest.fixture
def server() -> Iterator[LabelServer]:
    made = LabelServer().start()
    yield made
    made.stop()


class Desk:
    """A desktop's folder, opened as often as a test likes."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder, self.url = folder, url
        self.outbox: Outbox | None = None
        self.most_pages: int | None = None

    def open(self) -> Outbox:
        if self.outbox is None:
            self.outbox = Outbox(self.folder, most_pages=self.most_pages)
        return self.outbox

    def close(self) -> None:
        if self.outbox is not None:
            self.outbox.close()
            self.outbox = None

    def presenter(self, runner: Any = None, **more: Any) -> LabelPresenter:
        made = LabelPresenter(self.open, runner or AtOnce(), AtOnce(), lambda view: None, **more)
        made.use(Bridge(self.url, timeout=5))
        made.shown()
        return made


@pytest.fixture
def desk(tmp_path: Path, server: LabelServer) -> Iterator[Desk]:
    made = Desk(tmp_path, server.url)
    yield made
    made.close()


def test_labels_reach_the_bridge_in_their_order(desk: Desk, server: LabelServer) -> None:
    presenter = desk.presenter()
    assert presenter.view.phase == "pair" and presenter.view.pair is not None
    assert presenter.view.pair.key == "pair0"
    for label in ("similar", "dissimilar", "skip"):
        presenter.answered(label)
    assert server.kept == [("a0", "b0", "similar"), ("a1", "b1", "dissimilar"), ("a2", "b2", "skip")]
    assert presenter.view.pair.key == "pair3"
    assert presenter.view.counts.waiting == 0 and presenter.view.counts.today == 2
    assert presenter.view.left is not None and presenter.view.at_hand >= 200
    assert presenter.view.soon == ("a4", "b4", "a5", "b5")


def test_labelling_goes_on_while_the_bridge_is_away_and_all_of_it_arrives_once(desk: Desk, server: LabelServer) -> None:
    told: list[int] = []
    presenter = desk.presenter(waits=told.append)
    for _ in range(10):
        presenter.answered("similar")
    server.stop()
    for _ in range(100):
        presenter.answered("dissimilar")
    assert "The bridge is away" in presenter.view.strip
    assert presenter.view.phase == "pair" and told[-1] == presenter.view.counts.waiting == 100
    assert presenter.view.counts.today == 110
    server.start()
    presenter.stood()
    assert presenter.view.strip == "" and told[-1] == 0
    assert len(server.kept) == 110 == len(set(server.kept))
    for _ in range(90):
        presenter.answered("similar")
    assert len(server.labels) == 200 == len({(left, right) for left, right, _ in server.kept})


def test_it_goes_on_exactly_where_it_was(desk: Desk, server: LabelServer) -> None:
    presenter = desk.presenter()
    for _ in range(7):
        presenter.answered("similar")
    shown = presenter.view.pair
    desk.close()
    again = desk.presenter()
    assert again.view.pair == shown and again.view.counts.today == 7
    desk.close()
    server.stop()
    alone = desk.presenter()
    assert alone.view.phase == "pair" and alone.view.pair == shown


def test_undo_goes_back_across_restarts_and_redo_forward(desk: Desk, server: LabelServer) -> None:
    presenter = desk.presenter()
    for label in ("similar", "dissimilar", "similar"):
        presenter.answered(label)
    desk.close()
    presenter = desk.presenter()
    presenter.undone()
    presenter.undone()
    assert presenter.view.notice == "Taken back: Dissimilar."
    assert presenter.view.pair is not None and presenter.view.pair.key == "pair1"
    assert server.kept == [("a0", "b0", "similar")]
    presenter.redone()
    presenter.redone()
    assert server.kept == [("a0", "b0", "similar"), ("a1", "b1", "dissimilar"), ("a2", "b2", "similar")]
    presenter.redone()
    assert presenter.view.notice == "There is nothing to redo."
    for _ in range(4):
        presenter.undone()
    assert presenter.view.notice == "There is nothing to undo."
    assert server.kept == [] and presenter.view.pair.key == "pair0"
    presenter.answered("similar")
    presenter.redone()
    assert len(server.kept) == 1, "a new label ends what can be redone"


def test_an_undo_while_the_bridge_is_away_arrives_behind_its_label(desk: Desk, server: LabelServer) -> None:
    presenter = desk.presenter()
    server.stop()
    presenter.answered("similar")
    presenter.undone()
    presenter.answered("dissimilar")
    server.start()
    presenter.stood()
    assert server.kept == [("a0", "b0", "dissimilar")] and len(server.labels) == 2


def test_what_is_refused_stops_no_other_and_is_kept_to_look_at(desk: Desk, server: LabelServer) -> None:
    presenter = desk.presenter()
    server.refuse = lambda label: "there is no product 'a1'" if label["left"] == "a1" else None
    server.stop()
    for _ in range(3):
        presenter.answered("similar")
    server.start()
    presenter.stood()
    assert [one[0] for one in server.kept] == ["a0", "a2"]
    assert presenter.view.problems == "1 refused" and presenter.view.counts.waiting == 0
    seen: list[Problems] = []
    presenter.problems(seen.append)
    assert [(one.left, one.message) for one in seen[0].refused] == [("a1", "there is no product 'a1'")]
    assert seen[0].title("a1") == "Steel pan 1 cm"
    presenter.put_away(seen[0].refused[0].key)
    assert presenter.view.problems == ""
    for _ in range(2):
        presenter.undone()
    assert presenter.view.counts.waiting == 0, "the undoing of a refused label is nothing to send"


def test_conflicts_are_shown_and_settled(desk: Desk, server: LabelServer) -> None:
    presenter = desk.presenter()
    labels = [{"by": "anna", "label": "dissimilar", "at": None}, {"by": "me", "label": "similar", "at": None}]
    server.conflicts.append({"left": "a0", "right": "b0", "labels": labels})
    presenter.answered("similar")
    assert presenter.view.problems == "1 labelled differently"
    seen: list[Problems] = []
    presenter.problems(seen.append)
    presenter.settled(seen[0].conflicts[0], "dissimilar")
    assert ("/v1/labels/settle", {"left": "a0", "right": "b0", "label": "dissimilar"}) in server.calls
    assert presenter.view.problems == ""


@pytest.mark.parametrize(("status", "said"), [(401, "does not accept the token"), (503, "not now"), (404, "too old")])
def test_a_bridge_that_takes_nothing_loses_nothing(desk: Desk, server: LabelServer, status: int, said: str) -> None:
    presenter = desk.presenter()
    server.fail = status
    if status == 404:
        server.answer = lambda target, body: (404, {"error": {"message": f"there is no POST {target} here"}})  # type: ignore[method-assign]
    presenter.answered("similar")
    assert said in presenter.view.strip and presenter.view.counts.waiting == 1
    assert presenter.view.problems == "", "nothing was refused: it waits"
    server.fail = None
    if status != 404:
        presenter.stood()
        assert server.kept == [("a0", "b0", "similar")] and presenter.view.strip == ""


def test_a_full_disk_blocks_further_labels_and_loses_none(desk: Desk, server: LabelServer) -> None:
    fields = {f"field{place}": "x" * 1500 for place in range(8)}
    server.pairs = [pair(number, **fields) for number in range(300)]
    presenter = desk.presenter()
    assert desk.outbox is not None
    server.stop()
    pages = desk.outbox._file.execute("PRAGMA page_count").fetchone()[0]
    desk.outbox._file.execute(f"PRAGMA max_page_count={pages + 2}")
    given = 0
    while presenter.view.blocked is None and given < 200:
        presenter.answered("similar")
        given += 1
    assert presenter.view.blocked is not None and "disk is full" in presenter.view.blocked.message
    shown = presenter.view.pair
    for _ in range(3):
        presenter.answered("dissimilar")
        presenter.undone()
    assert presenter.view.pair == shown, "blocked"
    presenter.retried()
    assert presenter.view.blocked is not None, "still full"
    desk.outbox._file.execute(f"PRAGMA max_page_count={pages + 5000}")
    presenter.retried()
    assert presenter.view.blocked is None and presenter.view.pair != shown
    server.start()
    presenter.stood()
    assert [one[2] for one in server.kept] == ["similar"] * given, "also the label that could not be kept at first"


def test_a_second_desktop_says_so_and_goes_on_when_the_first_is_closed(desk: Desk, tmp_path: Path) -> None:
    first = Outbox(tmp_path)
    presenter = desk.presenter()
    assert presenter.view.phase == "failed" and presenter.view.failure is not None
    assert "Another Kindred window" in presenter.view.failure.message
    first.close()
    presenter.retried()
    assert presenter.view.phase == "pair"


def test_a_key_before_the_next_pair_is_there_counts_for_nothing(desk: Desk, server: LabelServer) -> None:
    slow = Later()
    presenter = desk.presenter()
    presenter._writer = slow
    for _ in range(3):
        presenter.answered("similar")
    assert len(slow.jobs) == 1
    slow.jobs.pop()()
    assert presenter.view.pair is not None and presenter.view.pair.key == "pair1"


def test_nothing_left_is_said_and_looked_at_again(tmp_path: Path) -> None:
    server = LabelServer(pairs=2).start()
    desk = Desk(tmp_path, server.url)
    presenter = desk.presenter()
    presenter.answered("similar")
    presenter.answered("similar")
    assert presenter.view.phase == "empty" and presenter.view.strip == ""
    server.pairs.append(pair(2))
    presenter.retried()
    assert presenter.view.phase == "pair"
    server.stop()
    desk.close()


def test_today_is_by_the_clock_on_the_wall(desk: Desk) -> None:
    day = [4]
    presenter = desk.presenter(now=lambda: datetime(2026, 5, day[0], 23, 59).astimezone())
    presenter.answered("similar")
    assert presenter.view.today == "1 today"
    day[0] = 5
    presenter.answered("similar")
    assert presenter.view.today == "1 today"
    day[0] = 3
    presenter.answered("similar")
    assert presenter.view.today == "1 today" and presenter.view.counts.waiting == 0


def test_fields_are_in_the_order_that_decides_and_say_where_they_differ() -> None:
    left = {"title": "Steel pan", "price": 10, "currency": "GBP", "brand": "Ferro", "size": {"width": "24 cm"}}
    right = {"title": "Iron pan", "price": 12, "currency": "GBP", "brand": "FERRO", "colour": "red", "zoo": "x"}
    found = Pair.read({"key": "k", "left": {"id": "a", "product": left}, "right": {"id": "b", "product": right}})
    rows = list(attributes(found))
    assert [(one.name, one.left, one.right, one.differs) for one in rows] == [
        ("Price", "£10.00", "£12.00", True),
        ("Brand", "Ferro", "FERRO", False),
        ("Colour", "–", "red", False),
        ("Size width", "24 cm", "–", False),
        ("Zoo", "–", "x", False),
    ]
    shown = pair_view(found)
    assert (shown.left.words, shown.right.words) == (("steel",), ("iron",))


@pytest.mark.parametrize(
    "product", [None, {}, {"title": "x" * 5000}, {"title": "مقلاة من الحديد"}, {"title": "\0\u202e"}]
)
def test_odd_products_have_a_name(product: Any) -> None:
    document = {"key": "k", "left": {"id": "a", "product": product}, "right": {"id": "b"}}
    shown = pair_view(Pair.read(document))
    assert shown.right.title == "b" and 0 < len(shown.left.title) <= 300
    assert Pair.read(Pair.read(document).to_json()) == Pair.read(document)


def test_figures_are_said_in_words() -> None:
    agreement = {"kappa": 0.8123, "low": 0.7, "high": 0.9, "pairs": 40}
    verdict = {"stop": True, "gain": 0.001, "text": "The labels are being measured; the curve follows."}
    document = {"pairs": 9, "similar": 5, "dissimilar": 4, "agreement": agreement, "verdict": verdict, "later": 1}
    view = LabelView(stats=LabelStats.read(document), left=27)
    assert view.agreement == "Agreement 0.81 (0.70 to 0.90) on 40 pairs"
    assert view.progress == 9 / 36 and view.verdict == verdict["text"]
    i18n.choose("zh_CN")
    assert view.verdict == "正在评估标注；曲线随后显示。"
    i18n.choose("en")
    assert LabelView(stats=LabelStats.read({})).agreement.startswith("Agreement shows once")
    assert [waiting_text(count) for count in (0, 1, 2)] == ["", "1 label waiting to sync", "2 labels waiting to sync"]


def test_photos_of_the_reserve_are_fetched_ahead(desk: Desk) -> None:
    ahead: list[tuple[str, ...]] = []
    presenter = desk.presenter(ahead=ahead.append)
    assert len(ahead) == 1 and len(ahead[0]) == len(set(ahead[0])) == 400
    for _ in range(60):
        presenter.answered("similar")
    assert len(ahead) <= 3, "the reserve is looked after now and then, not with every label"

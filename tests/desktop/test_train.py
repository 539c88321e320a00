"""Trainings and releases in the desktop: presenters without a display, events over a real socket, a real bridge."""

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QDialog, QPushButton

from desktop.app import Desktop
from desktop.bridge import Bridge as Client
from desktop.bridge.jobs import Experiment, Job, Jobs, News, Plan, Step, numbers
from desktop.bridge.releases import Release
from desktop.errors import BridgeRefusedError
from desktop.train.presenter import TrainPresenter
from desktop.train.releases import ReleaseView, release_rows
from desktop.train.state import (
    TrainView,
    about,
    comparison_rows,
    doing,
    experiment_rows,
    job_rows,
    loss_chart,
    main_figure,
    merged,
    settings_of,
    valid_chart,
)  # fmt: skip
from desktop.train.view import TrainPage
from desktop.widgets.trees import TreeModel
from tests.desktop.conftest import WAIT
from tests.desktop.doubles import AtOnce, Later
from tests.desktop.test_train_releases import RELEASE, releasing
from tests.fixtures.bridge import Bridge

PLAN = Plan("train-search", "Xeon", False, 240.0, 1204, ("minilm", "bge"), {"base": "minilm", "epochs": 3, "out": "x"})
RUNNING = Job(7, "train-search", "running", "anna", settings={"out": "shop-3"}, figures=(Step(1, 0.9),))
DONE = replace(RUNNING, state="done", figures=(Step(1, 0.9), Step(2, 0.5, {"f1": 0.8})))


class Answers:
    """A bridge's endpoints for jobs, with what a test says."""

    def __init__(self) -> None:
        self.jobs: tuple[Job, ...] = ()
        self.told: list[News] = []
        self.started: list[tuple[str, dict[str, Any]]] = []
        self.refused: Exception | None = None
        self.cancelled: list[int] = []

    def plan(self, kind: str) -> Plan:
        return replace(PLAN, kind=kind)

    def all(self) -> tuple[Job, ...]:
        return self.jobs

    def start(self, kind: str, settings: dict[str, Any]) -> Job:
        if self.refused:
            raise self.refused
        self.started.append((kind, settings))
        job = Job(9, kind, "queued", settings=settings)
        self.jobs = (job, *self.jobs)
        return job

    def news(self, job: int, last: str, state: str) -> News:
        return self.told.pop(0)

    def log(self, job: int) -> str:
        return "loading\n"

    def cancel(self, job: int) -> Job:
        self.cancelled.append(job)
        return RUNNING

    def experiments(self) -> tuple[Experiment, ...]:
        return (Experiment("e1", "train-pairs", "shop-3", figures={"valid f1": 0.8}),)


def presenting(runner: Any = None) -> tuple[TrainPresenter, list[TrainView], Answers, list[Job]]:
    views: list[TrainView] = []
    ended: list[Job] = []
    presenter = TrainPresenter(None, runner or AtOnce(), views.append, ended.append)  # type: ignore[arg-type]
    answers = Answers()
    presenter._jobs = answers  # type: ignore[assignment]
    return presenter, views, answers, ended


def test_the_sentence_says_what_will_happen_and_starts_it() -> None:
    presenter, views, answers, _ = presenting()
    presenter.shown()
    last = views[-1]
    assert (last.labels, last.device, last.base) == (
        "1,204 labels", "the processor (no graphics card), about 4 min", "minilm",
    )  # fmt: skip
    presenter.base_chosen("bge")
    presenter.setting_changed("epochs", "5")
    presenter.setting_changed("out", "x")
    presenter.started()
    assert answers.started == [("train-search", {"epochs": 5, "base": "bge"})]
    assert views[-1].notice == "text encoder waits for its turn."
    presenter.kind_chosen("train-tags")
    presenter.folder_chosen(" shop ")
    presenter.started()
    assert answers.started[-1] == ("train-tags", {"data": "shop"})


def test_without_labels_there_is_nothing_to_start() -> None:
    presenter, views, answers, _ = presenting()
    presenter.shown()
    presenter._give(replace(presenter.view, plan=replace(PLAN, labels=0)))
    assert not views[-1].can_start
    presenter.started()
    assert answers.started == []


def test_recommendations_learn_from_the_diary_where_no_folder_is_named() -> None:
    presenter, views, answers, _ = presenting()
    presenter.shown()
    presenter.kind_chosen("train-behaviour")
    presenter._give(replace(presenter.view, plan=replace(PLAN, kind="train-behaviour", labels=None)))
    assert views[-1].can_start
    assert views[-1].labels == "imported orders"
    presenter.started()
    assert answers.started == [("train-behaviour", {})]


def test_a_job_that_the_bridge_refuses_is_said() -> None:
    presenter, views, answers, _ = presenting()
    presenter.shown()
    answers.refused = BridgeRefusedError(422, "epochs: is no number", "epochs")
    presenter.started()
    assert (views[-1].notice, views[-1].starting) == ("epochs: is no number", False)


def test_a_running_job_is_found_again_and_followed_to_its_end() -> None:
    presenter, views, answers, ended = presenting()
    answers.jobs = (RUNNING,)
    step = Step(2, 0.5, {"f1": 0.8})
    answers.told = [
        News("4", None, (step,), "epoch 2", 0.5, 30.0, ("saved",)),
        News("5", DONE, ()),
    ]
    told = answers.told[1]

    def all_done() -> tuple[Job, ...]:
        return (RUNNING,) if told in answers.told else (DONE,)

    answers.all = all_done  # type: ignore[method-assign]
    presenter.shown()
    middle = next(view for view in views if view.followed is not None and view.followed.message == "epoch 2")
    assert middle.followed is not None
    assert doing(middle.followed) == "running · 50 % · epoch 2 · about 30 s left"
    assert middle.steps == (Step(1, 0.9), step)
    assert views[-1].followed == DONE and views[-1].steps == (Step(1, 0.9), step)
    assert [one.id for one in ended] == [7]
    assert [one.id for one in views[-1].experiments] == ["e1"]


def test_without_events_the_job_is_asked_for_and_nothing_runs_in_circles() -> None:
    presenter, views, answers, ended = presenting()
    answers.jobs = (RUNNING,)
    answers.told = [News("", RUNNING, streamed=False), News("", replace(RUNNING, share=0.5), streamed=False)]
    presenter.shown()
    assert len(answers.told) == 1, "it waits for the next look"
    presenter.looked()
    assert views[-1].followed is not None and views[-1].followed.share == 0.5
    answers.jobs = (DONE,)
    presenter.looked()
    presenter.looked()
    assert [one.state for one in ended] == ["done"]


def test_the_log_is_folded_out_and_grows() -> None:
    runner = Later()
    presenter, views, answers, _ = presenting(runner)
    presenter._listed((RUNNING,))
    presenter.log_folded(False)
    assert views[-1].log == ""
    runner.jobs[-1]()
    assert views[-1].log == "loading\n"
    presenter._told(News("2", None, log=("loading", "saved")))
    assert views[-1].log == "loading\nsaved\n"
    presenter.log_folded(True)
    presenter._told(News("3", None, log=("more",)))
    assert views[-1].log is None
    presenter.cancelled(7)
    runner.jobs[-1]()
    assert answers.cancelled == [7]


def test_figures_become_curves() -> None:
    steps = merged((Step(2, 0.5), Step(1, 0.9)), (Step(2, 0.5), Step(2, None, {"f1": 0.8, "loss": 0.7})))
    assert [one.step for one in steps] == [1, 2, 2]
    assert loss_chart(steps).lines[0].y == (0.9, 0.5)
    assert [(line.name, line.y) for line in valid_chart(steps).lines] == [("F1", (0.8,)), ("loss", (0.7,))]
    assert loss_chart((Step(2, 7.0), Step(1, 0.9), Step(2, 0.5))).lines[0].y == (0.9, 0.5), "the last of several trials"
    assert loss_chart(()).is_empty and valid_chart(()).is_empty


@pytest.mark.parametrize(("seconds", "said"), [(0.2, "about 1 s"), (89, "about 89 s"), (240, "about 4 min"),
                                               (7200, "about 2.0 h")])  # fmt: skip
def test_times_are_said_as_people_do(seconds: float, said: str) -> None:
    assert about(seconds) == said


def test_what_is_typed_becomes_a_value_of_its_kind() -> None:
    defaults = {"epochs": 3, "rate": 0.1, "name": "x", "minutes": None, "cached": None, "whole": False}
    typed = {"epochs": "5", "rate": "0.1", "name": "7", "minutes": "1.5", "cached": "", "whole": True}
    assert settings_of(typed, defaults) == {"epochs": 5, "name": "7", "minutes": 1.5, "whole": True}


def test_experiments_are_compared_figure_by_figure() -> None:
    figures = {"test": {"f1": 0.812}, "rows": 5993, "day": 20750}
    one = Experiment.read({"id": "a", "kind": "train-pairs", "model": "m", "figures": figures, "labels": {"pairs": 12},
                           "parity": {"cosine": 0.99991, "gate": True}, "device": {"name": "Xeon"}})  # fmt: skip
    other = replace(one, id="b", figures={"valid f1": 0.7})
    assert main_figure(one) == "test F1 0.812"
    assert experiment_rows([one])[0].cells[3:6] == ("pairs 12", "test F1 0.812", "cosine 0.9999")
    rows = {row.cells[0]: row.cells[1:] for row in comparison_rows([one, other])}
    assert rows == {
        "test F1": ("0.812", ""), "rows": ("5,993", ""), "day": ("2026-10-24", ""), "validation F1": ("", "0.7"),
        "parity cosine": ("0.9999", "0.9999"), "device": ("Xeon", "Xeon"),
    }  # fmt: skip
    assert numbers({"a": {"b": 1, "c": True, "d": "x"}}) == {"a b": 1.0}


class _Bridge(BaseHTTPRequestHandler):
    """Tells a job's events as the bridge does: those behind the id that was seen last."""

    def do_GET(self) -> None:
        after = int(self.headers.get("last-event-id") or 0)
        body = b'event: state\ndata: {"id": 7, "kind": "release", "state": "running"}\n\n: still there\n\n'
        for number in range(after + 1, 5):
            event = "figures" if number % 2 else "log"
            told = {"step": number, "loss": 1 / number, "message": f"line {number}"}
            body += f"event: {event}\nid: {number}\ndata: {json.dumps(told)}\n\n".encode()
        self.send_response(200 if "7" in self.path else 404)
        self.send_header("content-type", "text/event-stream")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        return


@pytest.fixture
def telling() -> Iterator[Jobs]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Bridge)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    client = Client(f"http://127.0.0.1:{server.server_port}")
    yield Jobs(client)
    client.close()
    server.shutdown()
    server.server_close()


def test_events_are_read_from_where_the_last_look_ended(telling: Jobs) -> None:
    news = telling.news(7, "", "queued")
    assert news.job is not None and news.job.state == "running"
    assert ([one.step for one in news.figures], news.log, news.last) == ([1, 3], ("line 2", "line 4"), "4")
    later = telling.news(7, "2", "running")
    assert ([one.step for one in later.figures], later.log) == ([3], ("line 4",))


@pytest.mark.usefixtures("qapp")
def test_tables_pass_the_model_tester() -> None:
    model = TreeModel([lambda: "x"] * 8)
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    model.show(job_rows([RUNNING, DONE]))
    model.show(job_rows([replace(RUNNING, id=1), replace(DONE, id=2)]))
    assert model.data(model.index(1, 0)) == "text encoder · shop-3"
    model.show(release_rows((Release.read(RELEASE),)))
    model.show(experiment_rows([Experiment("a", "train-tags", "m")]))
    model.show(())
    del tester


@pytest.fixture
def page(desktop: Desktop, bridge: Bridge, qtbot: Any) -> TrainPage:
    desktop.desk.connect_to(bridge.url, bridge.secret("merchandiser"))
    desktop.window.show_page("train")
    found = desktop.window.page.widget
    assert isinstance(found, TrainPage)
    qtbot.waitUntil(lambda: found._view.plan is not None, timeout=WAIT)
    return found


def test_a_comparison_is_drawn_and_asks_before_it_releases(page: TrainPage, qtbot: Any) -> None:
    release = Release.read(RELEASE)
    page.show_releases(ReleaseView((release,), release.id))
    page.open_releases()
    assert page.releases.release.isEnabled()
    assert not page.grab().isNull()
    with qtbot.waitSignal(page.releases.release_wanted):
        page.releases.release.click()
    presenter, views, _ = releasing()
    presenter.release_wanted()
    page.show_releases(views[-1])
    dialog = page.releases.findChild(QDialog)
    assert dialog is not None and dialog.isVisible()
    with qtbot.waitSignal(page.releases.confirmed):
        qtbot.mouseClick(dialog.findChild(QPushButton, "confirm"), Qt.MouseButton.LeftButton)


def test_a_training_that_has_no_labels_fails_with_its_reason(page: TrainPage, bridge: Bridge, qtbot: Any) -> None:
    page.sentence.kind_chosen.emit("train-tags")
    qtbot.waitUntil(lambda: page._view.plan is not None and page._view.plan.kind == "train-tags", timeout=WAIT)
    assert page._view.device.startswith("the ")
    page.sentence.folder_chosen.emit("nowhere")
    page.sentence.button.click()
    qtbot.waitUntil(lambda: "nowhere" in page.notice.text(), timeout=WAIT)
    (bridge.home / "datasets" / "broken").mkdir(parents=True, exist_ok=True)
    page.sentence.folder_chosen.emit("broken")
    page.sentence.button.click()
    qtbot.waitUntil(lambda: bool(page._view.jobs) and page._view.jobs[0].is_over, timeout=4 * WAIT)
    assert page._view.jobs[0].state == "failed"
    qtbot.waitUntil(lambda: page._view.followed is not None and bool(page._view.followed.problem), timeout=WAIT)
    assert "broken" in page.running.state.text()
    page.running.log_button.click()
    qtbot.waitUntil(lambda: "broken" in page.running.log.toPlainText(), timeout=WAIT)


def test_the_desktop_closed_and_opened_again_finds_its_jobs(page: TrainPage, desktop: Desktop, qtbot: Any) -> None:
    known = {one.id for one in page._view.jobs}
    desktop.choose_language("zh_CN")
    again = desktop.window.page.widget
    assert isinstance(again, TrainPage) and again is not page
    qtbot.waitUntil(
        lambda: {one.id for one in again._view.jobs} >= known and again._view.plan is not None, timeout=WAIT
    )


def test_a_real_record_is_read_as_the_trainings_write_it(page: TrainPage) -> None:
    record = {
        "id": "048e", "kind": "train-search", "model": "words", "base": "minilm", "labels": "68c1c4b68c14d50e",
        "figures": {"valid_f1_before": 0.5, "valid_f1": 0.7, "loss": "ranking", "trials": {"online": 0.6}},
        "parity": {"words": {"worst_cosine": 0.9, "mean_cosine": 1.0}, "words-int8": {"mean_cosine": 0.998}},
        "seconds": 49.7, "device": "cpu", "models": {"words": "f1", "words-int8": "a8"}, "ended": "2026-11-22T18:28:52",
    }  # fmt: skip
    one = Experiment.read(record)
    assert experiment_rows([one])[0].cells[3:6] == ("68c1c4b68c", "validation F1 0.700", "cosine 0.9980")
    assert one.parity == {"worst_cosine": 0.9, "mean_cosine": 1.0, "int8 mean_cosine": 0.998}
    page.experiments.show_view(TrainView(experiments=(one,), chosen=("048e",)))
    assert [page.experiments.which.itemText(place) for place in range(2)] == ["words", "words-int8"]
    asked: list[str] = []
    page.experiments.compared.connect(asked.append)
    page.experiments.which.setCurrentIndex(1)
    page.experiments.compare.click()
    assert asked[0] == "words-int8"

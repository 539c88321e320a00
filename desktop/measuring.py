"""The desktop as a benchmark sees it: each measurement runs in a process of its own, which prints one JSON document.

`scripts/bench/desktop` runs it as `python -m desktop.measuring NAME ARGUMENTS`. It needs nothing of the bridge but its
address. Keys are pressed by QTest, and a time ends when the page was painted.
"""

import json
import os
import random
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

PATIENCE = 120.0
KEY_SECONDS = 0.07  # between two letters: a quick typist, slower than the pause after which the page searches
THINK_SECONDS = 0.1
ROWS, POINTS, FRAMES = 10_000, 20_000, 150
SEED = 20_261_122


def desktop(page: str = "search") -> tuple[Any, Any]:
    """Return the application and its desktop, as `kindred-desktop` makes them for somebody who was here before."""
    from desktop.app import make
    from desktop.settings import config_folder

    application = QApplication([])
    folder = config_folder()
    url, token = os.environ["BENCH_URL"], os.environ["BENCH_TOKEN"]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "tokens.json").write_text(json.dumps({url: token}))
    settings = {"url": url, "connected": True, "language": "en", "theme": "light", "page": page}
    (folder / "settings.json").write_text(json.dumps(settings))
    return application, make(application, folder, folder / "thumbnails")


def until(application: Any, ready: Callable[[], bool], what: str) -> None:
    """Let the desktop work until something is so, and painted."""
    end = time.monotonic() + PATIENCE
    while not ready():
        application.processEvents()
        time.sleep(0.001)
        if time.monotonic() > end:
            raise SystemExit(f"waited {PATIENCE:.0f} s in vain for {what}")
    application.processEvents()


def pause(application: Any, seconds: float) -> None:
    """Let the desktop work for a while."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        application.processEvents()
        time.sleep(0.002)


def measure_start() -> dict[str, Any]:
    """From the start of the process until the window is there, and until it shows results."""
    began = float(os.environ["BENCH_BEGAN"])
    application, made = desktop()
    application.processEvents()
    window = time.time() - began
    until(application, lambda: made.window.search.view.phase == "results", "results")
    results = time.time() - began
    work = time.process_time()
    made.window.close()
    made.desk.close()
    return {"window_s": window, "results_s": results, "work_s": work}


def measure_labels(keys: int, all_labels: int) -> dict[str, Any]:
    """Seconds from a key to the next pair, and the memory while many more are labelled."""
    import psutil

    application, made = desktop("label")
    presenter, stage = made.window.label, made.window.label_view.stage
    chance, process = random.Random(SEED), psutil.Process()
    seconds: list[float] = []
    memory: list[float] = []

    def moved_on(before: str) -> bool:
        return presenter.view.pair is not None and presenter.view.pair.key != before

    until(application, lambda: presenter.view.phase == "pair" and presenter.view.at_hand > 20, "pairs")
    pause(application, 2)
    for number in range(all_labels):
        until(application, lambda: presenter.view.pair is not None, "a pair")
        before = presenter.view.pair.key
        began = time.perf_counter()
        QTest.keyClick(stage, chance.choice((Qt.Key.Key_S, Qt.Key.Key_D)))
        until(application, partial(moved_on, before), "a pair")
        if number < keys:
            seconds.append(time.perf_counter() - began)
            pause(application, THINK_SECONDS)
        if (number + 1) % max(1, all_labels // 20) == 0:
            memory.append(process.memory_info().rss / 2**20)
    until(application, lambda: presenter.view.counts.waiting == 0, "labels to reach the bridge")
    made.window.close()
    made.desk.close()
    return {"seconds": seconds, "memory_mib": memory}


def measure_typing(texts: Sequence[str]) -> dict[str, Any]:
    """Seconds from the last letter of a query to its results."""
    application, made = desktop()
    presenter, box = made.window.search, made.window.search_view.query
    until(application, lambda: presenter.view.phase == "results", "results")
    seconds = []

    def answered(wanted: str) -> bool:
        return presenter.view.wanted.text == wanted and presenter.view.phase != "waiting"

    for text in texts:
        box.setFocus()
        box.clear()
        for letter in text[:-1]:
            QTest.keyClicks(box, letter)
            pause(application, KEY_SECONDS)
        wanted = " ".join(text.split())
        began = time.perf_counter()
        QTest.keyClicks(box, text[-1])
        until(application, partial(answered, wanted), f"results for {text}")
        seconds.append(time.perf_counter() - began)
        pause(application, 0.2)
    made.window.close()
    made.desk.close()
    return {"seconds": seconds}


def measure_scroll() -> dict[str, Any]:
    """Seconds of each frame while a table of 10,000 rows is scrolled from top to end."""
    from desktop.bridge import Hit, Share
    from desktop.search.state import SearchView, Wanted, card

    application, made = desktop()
    page, presenter = made.window.search_view, made.window.search
    # The facets come behind the results, and with them a view that would take the place of the long one.
    until(application, lambda: presenter.view.phase == "results" and presenter.view.facets, "results and facets")
    chance = random.Random(SEED)
    words = ("steel", "garden", "hose", "pan", "drill", "lamp", "oak", "chair", "blue", "set", "cordless", "inch")
    shares = (Share("keyword", 0.4), Share("text", 0.6))
    cards = []
    for rank in range(1, ROWS + 1):
        title = " ".join(chance.choice(words) for _ in range(12))
        product = {"title": title, "price": rank / 7, "currency": "GBP", "brand": "Acme", "category": ["Home", "Tools"]}
        cards.append(card(Hit(str(rank), rank, 1 / rank, title, product, shares, ("steel",)), "g"))
    page.table_button.setChecked(True)
    page.show_view(SearchView(Wanted("steel"), "results", tuple(cards), total=ROWS))
    pause(application, 0.3)
    bar, frames, work = page.table.verticalScrollBar(), [], []
    for step in range(1, FRAMES * 2 + 1):
        began, worked = time.perf_counter(), time.thread_time()
        bar.setValue(bar.maximum() * step // (FRAMES * 2))
        page.table.viewport().repaint()
        frames.append(time.perf_counter() - began)
        work.append(time.thread_time() - worked)
        application.processEvents()
    rows = page.model.rowCount()
    assert rows == ROWS, f"the table has {rows} rows"
    made.window.close()
    made.desk.close()
    return {"seconds": frames, "work": work, "rows": rows}


def measure_map() -> dict[str, Any]:
    """Seconds of each frame while a map of 20,000 points is moved and zoomed."""
    application = QApplication([])
    from desktop.map.canvas import MapCanvas
    from desktop.theme import LIGHT

    chance = random.Random(SEED)
    middles = [(chance.uniform(-8, 8), chance.uniform(-8, 8)) for _ in range(12)]
    places = [chance.randrange(12) for _ in range(POINTS)]
    x = [middles[place][0] + chance.gauss(0, 1.2) for place in places]
    y = [middles[place][1] + chance.gauss(0, 1.2) for place in places]
    canvas = MapCanvas(LIGHT)
    canvas.resize(1000, 760)
    canvas.show()
    canvas.show_points(x, y, [place % 8 for place in places])
    pause(application, 0.5)
    keys = (Qt.Key.Key_Left, Qt.Key.Key_Up, Qt.Key.Key_Plus, Qt.Key.Key_Right, Qt.Key.Key_Down, Qt.Key.Key_Minus)
    frames, work = [], []
    for step in range(FRAMES):
        began, worked = time.perf_counter(), time.thread_time()
        QTest.keyClick(canvas, keys[step % len(keys)])
        canvas.viewport().repaint()
        frames.append(time.perf_counter() - began)
        work.append(time.thread_time() - worked)
        application.processEvents()
    return {"seconds": frames, "work": work, "points": POINTS}


if __name__ == "__main__":
    name, arguments = sys.argv[1], json.loads(sys.argv[2])
    print(json.dumps(globals()[f"measure_{name}"](**arguments)))
    sys.stdout.flush()
    os._exit(0)  # what is left to do is to give memory back

"""The pipeline: order does not matter, nothing is lost, the first failure stops everything."""

import threading
import time

import pytest

from plugin_bridge.loading.pipeline import Pipeline
from plugin_bridge.loading.source import chunks
from tests.plugin_bridge.catalogue.test_cleaning import product


def run(items: list[int], *, workers: int = 2, senders: int = 2, break_in: str = "") -> tuple[list[int], Pipeline]:
    settled: list[int] = []

    def stage(name: str, value: int) -> int:
        if break_in == name and value == 5:
            raise ValueError(f"broken in {name}")
        return value

    stop = threading.Event()
    pipeline: Pipeline[int, int, int] = Pipeline(
        lambda n: stage("prepare", n) * 10,
        lambda n: stage("deliver", n // 10),
        lambda n: settled.append(stage("settle", n)),
        workers=workers,
        senders=senders,
        stop=stop,
    )
    pipeline.run(items)
    return settled, pipeline


@pytest.mark.parametrize(("workers", "senders"), [(1, 1), (2, 2), (4, 1)])
def test_everything_goes_through(workers: int, senders: int) -> None:
    settled, _ = run(list(range(300)), workers=workers, senders=senders)
    assert sorted(settled) == list(range(300))
    assert run([])[0] == []


@pytest.mark.parametrize("where", ["prepare", "deliver", "settle"])
def test_a_failure_is_raised_and_ends_all_threads(where: str) -> None:
    before = threading.active_count()
    with pytest.raises(ValueError, match=f"broken in {where}"):
        run(list(range(100)), break_in=where)
    assert threading.active_count() == before


def test_a_failure_of_the_source_is_raised() -> None:
    def source():
        yield 1
        raise ValueError("broken source")

    stop = threading.Event()
    pipeline: Pipeline[int, int, int] = Pipeline(
        lambda n: n, lambda n: n, lambda n: None, workers=2, senders=2, stop=stop
    )
    with pytest.raises(ValueError, match="broken source"):
        pipeline.run(source())
    assert stop.is_set()


def test_reading_does_not_run_ahead() -> None:
    """With senders held, only as many items are read as queues and threads can hold."""
    hold, read = threading.Event(), []
    stop = threading.Event()
    pipeline: Pipeline[int, int, int] = Pipeline(
        lambda n: n, lambda n: n if hold.wait(30) else -1, lambda n: None, workers=2, senders=2, stop=stop
    )

    def source():
        for n in range(100):
            read.append(n)
            yield n

    thread = threading.Thread(target=lambda: pipeline.run(source()))
    thread.start()
    time.sleep(1)
    # Two in senders, two prepared, two in workers, two read, one in the hand of the reader.
    assert len(read) <= 2 + 2 + 2 + 2 + 1
    hold.set()
    thread.join(30)
    assert len(read) == 100


def test_chunks_hold_so_many_rows_or_bytes() -> None:
    small = [product(id=str(n)) for n in range(10)]
    assert [len(chunk.products) for chunk in chunks(small, rows=4)] == [4, 4, 2]
    large = [product(id=str(n), description="x" * 5 * 2**20) for n in range(3)]
    assert [len(chunk.products) for chunk in chunks(large, rows=4)] == [2, 1]
    assert list(chunks([])) == []


@pytest.mark.parametrize("count", [0, 1, 3])
def test_ctrl_c_between_the_starts_of_its_threads_ends_those_that_run(count: int) -> None:
    """Seen on a busy machine: the threads that had started waited for ever, and the process did not end."""
    before, stop = threading.active_count(), threading.Event()
    pipeline: Pipeline[int, int, int] = Pipeline(
        lambda n: n, lambda n: n, lambda n: None, workers=2, senders=2, stop=stop
    )
    chosen = (*pipeline._workers, *pipeline._senders)[count]

    def interrupted() -> None:
        type(chosen).start(chosen)
        raise KeyboardInterrupt

    chosen.start = interrupted  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        pipeline.run([1, 2, 3])
    assert stop.is_set()
    assert threading.active_count() == before

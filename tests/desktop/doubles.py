"""Stand-ins at the seams: jobs that run at once or when told, and answers written by hand."""

from collections.abc import Callable
from typing import Any

from desktop.bridge import Answer, Hit, Share


class AtOnce:
    """Runs jobs where they are asked for."""

    def run(self, job: Callable[[], Any], done: Callable[[Any], None], failed: Callable[[Exception], None]) -> None:
        """Do the job now."""
        try:
            result = job()
        except Exception as error:  # noqa: BLE001
            failed(error)
        else:
            done(result)


class Later:
    """Keeps jobs until a test says that they are done, in any order."""

    def __init__(self) -> None:
        self.jobs: list[Callable[[], None]] = []

    def run(self, job: Callable[[], Any], done: Callable[[Any], None], failed: Callable[[Exception], None]) -> None:
        """Keep the job."""
        self.jobs.append(lambda: AtOnce().run(job, done, failed))


def hit(rank: int, name: str, **product: Any) -> Hit:
    """Return a hit."""
    product = {"title": name.title(), "price": 10.0 * rank, "currency": "GBP", "brand": "Acme"} | product
    shares = (Share("keyword", 0.4), Share("text", 0.6))
    return Hit(name, rank, 1 / rank, str(product["title"]), product, shares, (name.lower(),))


def answer(*names: str, total: int | None = None, **more: Any) -> Answer:
    """Return an answer with these products."""
    hits = tuple(hit(rank, name) for rank, name in enumerate(names, 1))
    return Answer(hits, len(hits) if total is None else total, 12.0, "hybrid", "g001", **more)

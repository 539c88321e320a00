"""How presenters have work done without knowing of threads: a door that `desktop.work` opens, and tests too."""

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

T = TypeVar("T")


class Runner(Protocol):
    """Does a job elsewhere and calls back where it was asked: `done` with its result or `failed` with its error."""

    def run(self, job: Callable[[], T], done: Callable[[T], None], failed: Callable[[Exception], None]) -> None:
        """Begin the job and return at once."""


class Latest:
    """Runs jobs of which only the last one asked for counts: earlier answers that come late are dropped."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner
        self._number = 0
        self.waiting = False

    def run(self, job: Callable[[], T], done: Callable[[T], None], failed: Callable[[Exception], None]) -> None:
        """Begin a job; whatever was begun before is no longer wanted."""
        self._number += 1
        number, self.waiting = self._number, True

        def still(then: Callable[[Any], None]) -> Callable[[Any], None]:
            def call(value: Any) -> None:
                if number == self._number:
                    self.waiting = False
                    then(value)

            return call

        self._runner.run(job, still(done), still(failed))

    def forget(self) -> None:
        """Drop the answer of what is under way."""
        self._number += 1
        self.waiting = False

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


class InOrder:
    """Runs jobs one after the other, each when the one before has been answered: what is sent keeps its order."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner
        self._jobs: list[tuple[Callable[[], Any], Callable[[Any], None], Callable[[Exception], None]]] = []

    def run(self, job: Callable[[], T], done: Callable[[T], None], failed: Callable[[Exception], None]) -> None:
        """Begin a job as soon as those before it are through."""
        self._jobs.append((job, done, failed))
        if len(self._jobs) == 1:
            self._next()

    def forget(self) -> None:
        """Begin nothing that waits; what is under way is not told any more."""
        self._jobs = []

    def _next(self) -> None:
        jobs = self._jobs
        job, done, failed = jobs[0]

        def then(call: Callable[[Any], None]) -> Callable[[Any], None]:
            def through(value: Any) -> None:
                if jobs is not self._jobs:
                    return
                call(value)
                if jobs is self._jobs:
                    jobs.pop(0)
                    if jobs:
                        self._next()

            return through

        self._runner.run(job, then(done), then(failed))


class Paced(Latest):
    """As `Latest`, but only so many jobs are under way: of those asked for meanwhile only the last one is begun.

    While somebody types, each letter would otherwise send a search whose answer nobody waits for, and all of them
    would slow down the one that counts.
    """

    def __init__(self, runner: Runner, most: int = 2) -> None:
        super().__init__(runner)
        self._most, self._busy, self._round = most, 0, 0
        self._next: Callable[[], None] | None = None

    def run(self, job: Callable[[], T], done: Callable[[T], None], failed: Callable[[Exception], None]) -> None:
        """Begin a job, or let it be the next one."""
        if self._busy < self._most:
            self._begin(job, done, failed)
        else:
            self._number += 1  # what is under way is no longer wanted
            self.waiting, self._next = True, lambda: self._begin(job, done, failed)

    def forget(self) -> None:
        """Drop the answer of what is under way; it makes room at once."""
        super().forget()
        self._next, self._busy, self._round = None, 0, self._round + 1

    def _begin(self, job: Callable[[], T], done: Callable[[T], None], failed: Callable[[Exception], None]) -> None:
        self._busy += 1
        number, of = self._number + 1, self._round
        self._number, self.waiting = number, True

        def ended(then: Callable[[Any], None]) -> Callable[[Any], None]:
            def call(value: Any) -> None:
                if of == self._round:
                    self._busy -= 1
                    following, self._next = self._next, None
                    if following is not None:
                        following()
                if number == self._number:
                    self.waiting = False
                    then(value)

            return call

        self._runner.run(job, ended(done), ended(failed))

"""Jobs of which only the last one counts."""

from desktop.running import Paced
from tests.desktop.doubles import Later


def test_only_two_are_under_way_and_of_the_rest_the_last_is_begun() -> None:
    later, seen = Later(), list[str]()
    paced = Paced(later)
    for text in "abcde":
        paced.run(lambda text=text: text, seen.append, lambda error: None)
    assert len(later.jobs) == 2 and paced.waiting
    later.jobs.pop(0)()
    assert seen == [] and len(later.jobs) == 2, "the last one has begun"
    later.jobs.pop(0)()
    later.jobs.pop(0)()
    assert seen == ["e"] and later.jobs == [] and not paced.waiting


def test_an_older_answer_that_comes_last_is_dropped() -> None:
    later, seen = Later(), list[str]()
    paced = Paced(later)
    for text in "ab":
        paced.run(lambda text=text: text, seen.append, lambda error: None)
    later.jobs.pop(1)()
    later.jobs.pop(0)()
    assert seen == ["b"]


def test_what_hangs_makes_room_when_it_is_forgotten() -> None:
    later, seen = Later(), list[str]()
    paced = Paced(later)
    for text in "abc":
        paced.run(lambda text=text: text, seen.append, lambda error: None)
    paced.forget()
    assert not paced.waiting
    paced.run(lambda: "d", seen.append, lambda error: None)
    assert len(later.jobs) == 3
    for job in later.jobs:
        job()
    assert seen == ["d"]
    paced.run(lambda: "e", seen.append, lambda error: None)
    later.jobs[-1]()
    assert seen == ["d", "e"]


def test_a_failure_makes_room_too() -> None:
    later, seen = Later(), list[str]()
    paced = Paced(later)

    def fail() -> str:
        raise OSError("away")

    for _ in range(3):
        paced.run(fail, seen.append, lambda error: seen.append(str(error)))
    for _ in range(3):
        later.jobs.pop(0)()
    assert seen == ["away"] and not paced.waiting

"""How recommendations are measured: a cut in time, what came before as history, the first order after as target.

Nothing of a customer's rows from the cut on reaches a model: `Split.train` is all that a model is fitted on and
`Case.history` all that it is asked with, and both end before the cut.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

import numpy as np

from plugin_bridge.behaviour.interactions import DAY, Interactions
from plugin_bridge.errors import BehaviourError

LAST_SHARE = 0.1  # of the days, when no date is given


@dataclass(frozen=True)
class History:
    """What one customer bought: places of items, times in days, numbers of orders, oldest first, and a context."""

    items: np.ndarray
    times: np.ndarray
    orders: np.ndarray
    context: int = -1

    def __len__(self) -> int:
        return len(self.items)


@dataclass(frozen=True)
class Case:
    """One customer of the measurement: the history before the cut and the items of the first order after it."""

    customer: int
    history: History
    targets: np.ndarray

    @property
    def new_targets(self) -> np.ndarray:
        """The targets that the customer had never bought."""
        return self.targets[~np.isin(self.targets, self.history.items)]


@dataclass(frozen=True)
class Split:
    """A cut at `day` (days since 1970): the rows before it, the cases, and which items may be recommended."""

    day: float
    train: Interactions
    cases: tuple[Case, ...]
    sold: np.ndarray

    @property
    def histories(self) -> list[History]:
        """The histories of all cases."""
        return [case.history for case in self.cases]


def day_of(text: str, option: str = "--from") -> float:
    """Return the days since 1970 of a date such as 2011-09-29, at midnight UTC."""
    try:
        return datetime.combine(date.fromisoformat(text), datetime.min.time(), UTC).timestamp() / DAY
    except ValueError as error:
        raise BehaviourError(f"{option} {text!r} is no date; write it as 2011-09-29") from error


def default_day(interactions: Interactions) -> float:
    """Return the day from which on the last tenth of the days is kept apart."""
    first, last = np.floor(interactions.first_day), np.floor(interactions.last_day)
    days = last - first + 1
    return float(last + 1 - max(1.0, np.floor(days * LAST_SHARE)))


def split_at(interactions: Interactions, day: float) -> Split:
    """Return the split at a day; raises BehaviourError where no customer bought both before and after it."""
    train = interactions.before(day)
    sold = np.bincount(train.item, minlength=len(interactions.items)) > 0
    cases = []
    for customer, rows in interactions.by_customer():
        early = interactions.time[rows] < day
        if not early.any() or early.all():
            continue
        later = np.flatnonzero(~early) + rows.start
        first = interactions.order[later[0]]
        targets = np.unique(interactions.item[later[interactions.order[later] == first]])
        there = slice(rows.start, rows.start + int(early.sum()))
        cases.append(Case(customer, history_of(interactions, there), targets))
    if not cases:
        raise BehaviourError(
            f"no customer bought something both before and after {date_of(day)}; choose another --from"
        )
    return Split(day, train, tuple(cases), sold)


def history_of(interactions: Interactions, rows: slice) -> History:
    """Return the rows of one customer as a history."""
    context = int(interactions.context[rows.stop - 1])
    return History(interactions.item[rows], interactions.time[rows], interactions.order[rows], context)


def histories(interactions: Interactions) -> Iterator[tuple[int, History]]:
    """Yield the number and history of every customer that has rows."""
    for customer, rows in interactions.by_customer():
        yield customer, history_of(interactions, rows)


def sequences(interactions: Interactions, *, by_session: bool = False) -> list[np.ndarray]:
    """Return the items of every customer, or of every order or session, oldest first; twice in a row counts once."""
    found: list[np.ndarray] = []
    for _, rows in interactions.by_customer():
        items, orders = interactions.item[rows], interactions.order[rows]
        parts: Sequence[np.ndarray] = [items]
        if by_session:
            parts = [items[orders == order] for order in dict.fromkeys(orders.tolist())]
        found.extend(part[np.r_[True, part[1:] != part[:-1]]] for part in parts)
    return found


def date_of(day: float) -> str:
    """Return a number of days since 1970 as a date."""
    return datetime.fromtimestamp(day * DAY, UTC).date().isoformat()

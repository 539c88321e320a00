"""Who bought what when: cleaned rows as arrays, sorted by customer and time."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from plugin_bridge.behaviour.cleaning import Cleaning, Row
from plugin_bridge.errors import BehaviourError

DAY = 86_400.0
MOST_ROWS = 20_000  # of one customer, the latest; a till or a robot must not become the shop's taste
ROBOT_EVENTS = 600  # views or clicks of one visitor ...
ROBOT_SECONDS = 600.0  # ... within so many seconds


@dataclass(frozen=True)
class Interactions:
    """Rows as arrays of one length, sorted by customer, then time.

    `customer` and `item` are places in `customers` (hashes) and `items` (ids of products); `time` is in days since
    1970 in UTC; `order` numbers orders or sessions; `quantity` is at least 1; `context` is a place in `contexts`
    (the country of an order).
    """

    customers: tuple[str, ...]
    items: tuple[str, ...]
    titles: tuple[str, ...]
    contexts: tuple[str, ...]
    customer: np.ndarray
    item: np.ndarray
    time: np.ndarray
    order: np.ndarray
    quantity: np.ndarray
    context: np.ndarray

    def __len__(self) -> int:
        return len(self.item)

    def digest(self) -> str:
        """Return what tells these rows from others."""
        found = hashlib.sha256("\n".join(self.items).encode("utf-8", "replace"))
        for part in (self.customer, self.item, self.time, self.quantity):
            found.update(np.ascontiguousarray(part).tobytes())
        return found.hexdigest()[:16]

    def where(self, chosen: np.ndarray) -> "Interactions":
        """Return the rows of a mask; customers and items keep their numbers."""
        names = ("customer", "item", "time", "order", "quantity", "context")
        return replace(self, **{name: getattr(self, name)[chosen] for name in names})

    def before(self, day: float) -> "Interactions":
        """Return the rows before a moment."""
        return self.where(self.time < day)

    def without_customers(self, left_out: Iterable[str]) -> "Interactions":
        """Return the rows of all other customers (given by their hashes); those left out lose their name, too."""
        gone = set(left_out)
        names = tuple("" if name in gone else name for name in self.customers)
        mask = np.array([bool(name) for name in names], bool)
        return replace(self, customers=names).where(mask[self.customer])

    def by_customer(self) -> Iterator[tuple[int, slice]]:
        """Yield every customer that has rows, with where they are."""
        if not len(self):
            return
        starts = np.flatnonzero(np.r_[True, self.customer[1:] != self.customer[:-1]])
        for start, end in zip(starts, [*starts[1:], len(self)], strict=True):
            yield int(self.customer[start]), slice(int(start), int(end))

    @property
    def first_day(self) -> float:
        """The time of the first row."""
        return float(self.time.min())

    @property
    def last_day(self) -> float:
        """The time of the last row."""
        return float(self.time.max())


def gather(
    rows: Iterable[Row], cleaning: Cleaning, pseudonym: Callable[[str], str], most: int = MOST_ROWS
) -> Interactions:
    """Return rows as arrays; duplicates, robots and what is beyond `most` rows of one customer are left out.

    Raises BehaviourError where nothing is left.
    """
    kept = _without_robots(_without_duplicates(rows, cleaning), cleaning)
    if not kept:
        raise BehaviourError("no row is left that tells what a customer bought")
    before = 0.0
    for row in kept:
        cleaning.noted["out_of_order"] += row.time < before
        before = max(before, row.time)
    hashes: dict[str, str] = {}
    for row in kept:
        if row.customer not in hashes:
            hashes[row.customer] = pseudonym(row.customer)
    keyed = sorted(kept, key=lambda row: (hashes[row.customer], row.time))
    return _arrays(_capped(keyed, cleaning, most), hashes)


def _without_duplicates(rows: Iterable[Row], cleaning: Cleaning) -> list[Row]:
    seen: dict[Row, None] = {}
    for row in rows:
        if row in seen:
            cleaning.leave_out("duplicate")
        seen[row] = None
    return list(seen)


def _without_robots(rows: list[Row], cleaning: Cleaning) -> list[Row]:
    """Leave out visitors who look at more than a person can. Purchases alone make nobody a robot."""
    times: dict[str, list[float]] = {}
    for row in rows:
        if row.kind != "purchase":
            times.setdefault(row.customer, []).append(row.time)
    robots = {name for name, found in times.items() if _too_quick(found)}
    kept = []
    for row in rows:
        if row.customer in robots:
            cleaning.leave_out("robot")
        else:
            kept.append(row)
    return kept


def _too_quick(times: list[float]) -> bool:
    if len(times) < ROBOT_EVENTS:
        return False
    ordered = np.sort(times)
    return bool((ordered[ROBOT_EVENTS - 1 :] - ordered[: len(ordered) - ROBOT_EVENTS + 1]).min() < ROBOT_SECONDS)


def _capped(keyed: list[Row], cleaning: Cleaning, most: int) -> list[Row]:
    """Keep the latest `most` rows of each customer."""
    found, start = [], 0
    while start < len(keyed):
        end = start
        while end < len(keyed) and keyed[end].customer == keyed[start].customer:
            end += 1
        for _ in range(end - start - most):
            cleaning.leave_out("beyond_the_most_of_one_customer")
        found.extend(keyed[max(start, end - most) : end])
        start = end
    return found


def _arrays(rows: Sequence[Row], hashes: Mapping[str, str]) -> Interactions:
    titles: dict[str, str] = {}
    for row in rows:
        titles[row.item] = row.title or titles.get(row.item, "")
    items = tuple(sorted(titles))
    customers = tuple(sorted({hashes[row.customer] for row in rows}))
    contexts = tuple(sorted({row.context for row in rows}))
    place = {name: number for number, name in enumerate(items)}
    who = {name: number for number, name in enumerate(customers)}
    where = {name: number for number, name in enumerate(contexts)}
    orders: dict[tuple[str, str], int] = {}
    return Interactions(
        customers=customers,
        items=items,
        titles=tuple(titles[item] for item in items),
        contexts=contexts,
        customer=np.array([who[hashes[row.customer]] for row in rows], np.int32),
        item=np.array([place[row.item] for row in rows], np.int32),
        time=np.array([row.time / DAY for row in rows], np.float64),
        order=np.array([orders.setdefault((row.customer, row.order), len(orders)) for row in rows], np.int32),
        quantity=np.array([max(row.quantity, 1.0) for row in rows], np.float32),
        context=np.array([where[row.context] for row in rows], np.int32),
    )

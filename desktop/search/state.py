"""What the search page shows, as frozen values. Free of Qt."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from desktop.bridge import Facet, Hit, Share, Wanted
from desktop.i18n import formats, tr

Phase = Literal["empty", "waiting", "results", "nothing", "failed"]
PAGE_SIZE = 48
MODES = ("hybrid", "keyword", "vector", "native")
SHOWN_CHARS = 300  # a title can be 5,000 characters long: cards and cells need only its beginning


@dataclass(frozen=True)
class Card:
    """A product among the results, ready to be shown."""

    id: str
    rank: int
    title: str
    price: str
    brand: str
    category: str
    initial: str
    why: str
    shares: tuple[Share, ...] = ()
    words: tuple[str, ...] = ()
    score: float = 0.0
    generation: str = ""
    product: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Failure:
    """Why there are no results: a sentence, and details that can be copied."""

    message: str
    details: str


@dataclass(frozen=True)
class SearchView:
    """All that the page shows. `page` counts from 1; `slow` says that a cancel is offered."""

    wanted: Wanted = field(default_factory=Wanted)
    phase: Phase = "empty"
    cards: tuple[Card, ...] = ()
    facets: tuple[Facet, ...] = ()
    total: int = 0
    took_ms: float = 0.0
    page: int = 1
    pages: int = 1
    degraded: str = ""
    like_title: str = ""
    failure: Failure | None = None
    notice: str = ""

    @property
    def summary(self) -> str:
        """The line over the results."""
        if self.phase == "waiting":
            return tr("Searching…")
        if self.phase not in ("results", "nothing"):
            return ""
        if self.total == 1:
            return tr("1 result · {ms} ms", ms=formats.number(self.took_ms))
        count = formats.number(self.total)
        return tr("{count} results · {ms} ms", count=count, ms=formats.number(self.took_ms))


def card(hit: Hit, generation: str) -> Card:
    """Return how a hit is shown; a product without a title goes by its id."""
    product = hit.product
    title = (hit.title or hit.id)[:SHOWN_CHARS]
    return Card(
        id=hit.id,
        rank=hit.rank,
        title=title,
        price=formats.price(product.get("price"), product.get("currency")),
        brand=formats.listed(product.get("brand"))[:SHOWN_CHARS],
        category=" › ".join(formats.listed(product.get("category")).split(", "))[:SHOWN_CHARS],
        initial=next((letter.upper() for letter in title if letter.isalnum()), "?"),
        why=why(hit),
        shares=hit.shares,
        words=hit.words,
        score=hit.score,
        generation=generation,
        product=product,
    )


def why(hit: Hit) -> str:
    """Return in words why a product was found: Words 40 %, Meaning 60 % · pan, iron."""
    shares = ", ".join(f"{formats.part_name(one.part)} {formats.percent(one.share)}" for one in hit.shares)
    return " · ".join(part for part in (shares, ", ".join(hit.words)) if part)


def pages_of(total: int, depth: int = 10_000) -> int:
    """Return how many pages can be turned; the bridge answers down to a depth only."""
    return max(1, -(-min(total, depth - PAGE_SIZE) // PAGE_SIZE))


def toggled(filters: Mapping[str, Any], name: str, value: str, chosen: bool) -> dict[str, Any]:
    """Return filters with a value ticked, or no longer."""
    found = dict(filters)
    before = found.pop(name, [])
    values = [one for one in (before if isinstance(before, list) else [before]) if one != value]
    if chosen:
        values.append(value)
    return found | ({name: values} if values else {})


def bounded(filters: Mapping[str, Any], name: str, low: float | None, high: float | None) -> dict[str, Any]:
    """Return filters with bounds of a number; None leaves a side open."""
    bounds = {end: value for end, value in (("gte", low), ("lte", high)) if value is not None}
    found = {other: value for other, value in filters.items() if other != name}
    return found | ({name: bounds} if bounds else {})


def marked(text: str, words: tuple[str, ...]) -> tuple[tuple[str, bool], ...]:
    """Return a text in pieces, each with whether it is one of the words that matched."""
    wanted = {word.lower() for word in words}
    pieces: list[tuple[str, bool]] = []
    word = ""
    for letter in text + "\0":
        if letter.isalnum() or (letter in "'’" and word):
            word += letter
            continue
        if word:
            pieces.append((word, word.lower() in wanted))
            word = ""
        if letter != "\0":
            pieces.append((letter, False))
    joined: list[tuple[str, bool]] = []
    for piece, hit in pieces:
        if joined and joined[-1][1] == hit and not hit:
            joined[-1] = (joined[-1][0] + piece, False)
        else:
            joined.append((piece, hit))
    if wanted and not any(hit for _, hit in joined):
        return _marked_inside(text, wanted)
    return tuple(joined)


def _marked_inside(text: str, words: set[str]) -> tuple[tuple[str, bool], ...]:
    """Mark words wherever they stand: Chinese has no spaces between them."""
    low = text.lower()
    covered = [False] * len(text)
    if len(low) == len(text):
        for word in words:
            start = -1 if word.isascii() else low.find(word)
            while start >= 0:
                covered[start : start + len(word)] = [True] * len(word)
                start = low.find(word, start + 1)
    pieces: list[tuple[str, bool]] = []
    for letter, hit in zip(text, covered, strict=True):
        if pieces and pieces[-1][1] == hit:
            pieces[-1] = (pieces[-1][0] + letter, hit)
        else:
            pieces.append((letter, hit))
    return tuple(pieces)

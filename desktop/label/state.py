"""What the label page shows, as frozen values. Free of Qt."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from desktop.bridge.labels import Item, LabelStats, Pair
from desktop.i18n import formats, tr
from desktop.i18n.bridge import told
from desktop.outbox import Counts
from desktop.search.state import SHOWN_CHARS, Failure

Phase = Literal["asking", "pair", "empty", "failed"]
_FIRST = ("price", "brand", "category", "colour")
_LAST = ("description", "tags")
_NOT_SHOWN = ("id", "title", "image", "images", "currency")
_ALWAYS_OTHERWISE = ("description", "stock")  # to tint them would say nothing
_FOLDED = ("attributes",)  # holds fields of a product under a name that says nothing
MOST_ROWS = 200


@dataclass(frozen=True)
class ItemView:
    """One product of the pair. `words` of its title are not in the other title."""

    id: str
    title: str
    initial: str
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class Attribute:
    """A field of both products, as a row; `differs` where both have it, and not alike."""

    name: str
    left: str
    right: str
    differs: bool


@dataclass(frozen=True)
class PairView:
    """A pair ready to be shown."""

    key: str
    left: ItemView
    right: ItemView
    rows: tuple[Attribute, ...]
    why: str
    similarity: str


@dataclass(frozen=True)
class LabelView:
    """All that the page shows. `blocked` says why nothing can be labelled now; `strip` what is not as it should be."""

    phase: Phase = "asking"
    pair: PairView | None = None
    soon: tuple[str, ...] = ()
    counts: Counts = field(default_factory=Counts)
    at_hand: int = 0
    left: int | None = None
    stats: LabelStats | None = None
    strip: str = ""
    blocked: Failure | None = None
    failure: Failure | None = None
    notice: str = ""

    @property
    def progress(self) -> float | None:
        """How much of all pairs worth a look is labelled, 0 to 1; None where nobody knows."""
        if self.left is None or self.stats is None:
            return None
        done = self.stats.similar + self.stats.dissimilar
        return done / (done + self.left) if done + self.left else None

    @property
    def today(self) -> str:
        """The count of the day: 143 today."""
        return tr("{count} today", count=formats.number(self.counts.today))

    @property
    def agreement(self) -> str:
        """How well people agree, with its interval."""
        stats = self.stats
        if stats is None or stats.kappa is None:
            return tr("Agreement shows once two people have labelled the same pairs.")
        if stats.kappa_low is None or stats.kappa_high is None:
            return tr("Agreement {kappa} on {pairs} pairs", kappa=f"{stats.kappa:.2f}", pairs=stats.kappa_pairs)
        return tr(
            "Agreement {kappa} ({low} to {high}) on {pairs} pairs",
            kappa=f"{stats.kappa:.2f}", low=f"{stats.kappa_low:.2f}", high=f"{stats.kappa_high:.2f}",
            pairs=formats.number(stats.kappa_pairs),
        )  # fmt: skip

    @property
    def totals(self) -> str:
        """All labels of the shop in a line."""
        if self.stats is None:
            return ""
        return tr(
            "{similar} similar · {dissimilar} dissimilar · {skipped} skipped",
            similar=formats.number(self.stats.similar),
            dissimilar=formats.number(self.stats.dissimilar),
            skipped=formats.number(self.stats.skipped),
        )

    @property
    def verdict(self) -> str:
        """Whether more labels would help."""
        return told(self.stats.verdict) if self.stats is not None else ""

    @property
    def problems(self) -> str:
        """What waits for somebody to look at it, empty where nothing does."""
        parts = []
        if self.counts.refused:
            parts.append(tr("{count} refused", count=formats.number(self.counts.refused)))
        if self.counts.conflicts:
            parts.append(tr("{count} labelled differently", count=formats.number(self.counts.conflicts)))
        return " · ".join(parts)


def pair_view(pair: Pair) -> PairView:
    """Return how a pair is shown."""
    ours, others = _words(pair.left.title), _words(pair.right.title)
    return PairView(
        key=pair.key,
        left=_item(pair.left, ours, others),
        right=_item(pair.right, others, ours),
        rows=tuple(attributes(pair)),
        why=told(pair.why),
        similarity=" · ".join(f"{_part(name)} {formats.percent(value)}" for name, value in pair.similarity.items()),
    )


def attributes(pair: Pair) -> Iterator[Attribute]:
    """Yield the fields that either product has, those that decide most first."""
    left, right = _flat(pair.left.product), _flat(pair.right.product)
    names = sorted(left.keys() | right.keys(), key=_place)[:MOST_ROWS]
    for name in names:
        one, other = left.get(name, ""), right.get(name, "")
        if one or other:
            differs = bool(one and other) and one.casefold().split() != other.casefold().split()
            differs = differs and name not in _ALWAYS_OTHERWISE
            yield Attribute(formats.field_name(name), one or "–", other or "–", differs)


def _flat(product: Mapping[str, Any], before: str = "") -> dict[str, str]:
    """Return fields as texts; those inside of others go by both names."""
    found: dict[str, str] = {}
    for name, value in product.items():
        if not before and name in _NOT_SHOWN:
            continue
        if isinstance(value, Mapping):
            found = _flat(value, before if name in _FOLDED else f"{before}{name} ") | found
        elif isinstance(value, bool):
            found[f"{before}{name}"] = tr("yes") if value else tr("no")
        elif name == "price" and not before:
            found[name] = formats.price(value, product.get("currency"))
        else:
            found[f"{before}{name}"] = " ".join(formats.listed(value).split())[:SHOWN_CHARS]
    return found


def _place(name: str) -> tuple[int, str]:
    if name in _FIRST:
        return _FIRST.index(name), name
    return (100 + _LAST.index(name) if name in _LAST else 50), name


def _item(item: Item, own: set[str], other: set[str]) -> ItemView:
    title = (item.title or item.id)[:SHOWN_CHARS]
    initial = next((letter.upper() for letter in title if letter.isalnum()), "?")
    # Titles that share little differ in nearly every word: marks would say nothing then.
    alike = 2 * len(own & other) >= min(len(own), len(other)) > 0
    return ItemView(item.id, title, initial, tuple(sorted(own - other)) if alike else ())


def _words(title: str) -> set[str]:
    kept = "".join(letter if letter.isalnum() or letter in "'’" else " " for letter in title.lower())
    return {word.strip("'’") for word in kept.split()} - {""}


def _part(name: str) -> str:
    return formats.part_name({"image": "photo"}.get(name, name))

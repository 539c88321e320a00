"""What the compare page shows, and the comparison itself, as frozen values. Free of Qt."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import log2

from desktop.bridge.client import AS_USUAL
from desktop.i18n import formats, tr
from desktop.search.state import Card, Failure, Phase

DEPTH = 20
JUDGED_DEPTH = 10


@dataclass(frozen=True)
class Configuration:
    """How one side searches; `generation` empty means the live one, `weights` are those of words, meaning and photo."""

    mode: str = "hybrid"
    generation: str = ""
    rules: bool = True
    weights: tuple[float, float, float] = AS_USUAL

    @property
    def name(self) -> str:
        """What the side is called."""
        mode = formats.mode_name(self.mode)
        return f"{mode} · {self.generation}" if self.generation else mode


@dataclass(frozen=True)
class Row:
    """A product on one side. `other_rank` is its rank on the other side, None where it is not among the first ones.

    `rating` is how relevant people said it is, 0 to 3, None where nobody did.
    """

    card: Card
    other_rank: int | None
    side: str
    rating: int | None = None

    @property
    def moved(self) -> int:
        """How many places further up it stands here than on the other side; 0 where it is only here."""
        return 0 if self.other_rank is None else self.other_rank - self.card.rank

    @property
    def movement(self) -> str:
        """The movement in few letters, readable without colour: ▲3, ▼2, =, new, gone."""
        if self.other_rank is None:
            return tr("new") if self.side == "right" else tr("gone")
        if self.moved == 0:
            return "="
        return f"▲{self.moved}" if self.moved > 0 else f"▼{-self.moved}"

    @property
    def spoken(self) -> str:
        """The movement for a screen reader."""
        if self.other_rank is None:
            said = tr("only on this side")
        else:
            said = tr("rank {rank}, {other} on the other side", rank=self.card.rank, other=self.other_rank)
        return said if self.rating is None else f"{said}, {tr('rated {rating}', rating=self.rating)}"


@dataclass(frozen=True)
class Comparison:
    """Two rankings side by side. `overlap` is the number of products among the first ones of both."""

    left: tuple[Row, ...] = ()
    right: tuple[Row, ...] = ()
    overlap: int = 0
    entered: int = 0
    left_out: int = 0
    moved: int = 0

    @property
    def depth(self) -> int:
        """How many places were compared."""
        return max(len(self.left), len(self.right))


@dataclass(frozen=True)
class CompareView:
    """All that the page shows."""

    text: str = ""
    sides: tuple[Configuration, Configuration] = (Configuration("keyword"), Configuration("hybrid"))
    phase: Phase = "empty"
    comparison: Comparison = field(default_factory=Comparison)
    generations: tuple[str, ...] = ()
    degraded: str = ""
    failure: Failure | None = None
    ratings: Mapping[str, int] = field(default_factory=dict)
    notice: str = ""

    def quality(self, side: int) -> str:
        """Return how good a side is by what people judged; empty where nobody judged."""
        rows = (self.comparison.left, self.comparison.right)[side]
        found = ndcg([row.card.id for row in rows], self.ratings)
        if found is None or self.phase != "results":
            return ""
        judged = sum(row.rating is not None for row in rows[:JUDGED_DEPTH])
        depth = min(JUDGED_DEPTH, len(rows))
        return tr("nDCG@10 {value} · {judged}/{depth} judged", value=f"{found:.2f}", judged=judged, depth=depth)

    @property
    def summary(self) -> str:
        """The line over the lists."""
        if self.phase == "waiting":
            return tr("Searching…")
        if self.phase != "results":
            return ""
        one = self.comparison
        return tr(
            "{overlap} of {depth} on both sides · {entered} new · {gone} gone · {moved} moved",
            overlap=one.overlap, depth=one.depth, entered=one.entered, gone=one.left_out, moved=one.moved,
        )  # fmt: skip


def ndcg(ids: Sequence[str], ratings: Mapping[str, int], depth: int = JUDGED_DEPTH) -> float | None:
    """Return nDCG of a ranking, gain 2^rating - 1, unjudged 0; None where nothing relevant was judged."""

    def gained(found: Sequence[int]) -> float:
        return sum((2**rating - 1) / log2(place + 1) for place, rating in enumerate(found[:depth], 1))

    best = gained(sorted(ratings.values(), reverse=True))
    return gained([ratings.get(one, 0) for one in ids]) / best if best else None


def with_ratings(comparison: Comparison, ratings: Mapping[str, int]) -> Comparison:
    """Return a comparison whose rows say how they were judged."""
    left, right = (
        tuple(replace(row, rating=ratings.get(row.card.id)) for row in rows)
        for rows in (comparison.left, comparison.right)
    )
    return replace(comparison, left=left, right=right)


def compare(left: Sequence[Card], right: Sequence[Card]) -> Comparison:
    """Return two rankings joined by product."""
    left_ranks, right_ranks = ({card.id: card.rank for card in cards} for cards in (left, right))
    both = left_ranks.keys() & right_ranks.keys()
    return Comparison(
        left=tuple(Row(card, right_ranks.get(card.id), "left") for card in left),
        right=tuple(Row(card, left_ranks.get(card.id), "right") for card in right),
        overlap=len(both),
        entered=len(right_ranks.keys() - both),
        left_out=len(left_ranks.keys() - both),
        moved=sum(left_ranks[one] != right_ranks[one] for one in both),
    )

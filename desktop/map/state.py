"""What the map page shows, as frozen values: points, their colours, and lists of products. Free of Qt."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from desktop.branches import Branch
from desktop.bridge.maps import CatalogueMap, Field, MapPoint, Method, Running, Twins
from desktop.i18n import formats, tr
from desktop.search.state import SHOWN_CHARS, Failure

Phase = Literal["empty", "waiting", "results", "nothing", "failed"]
NAMED = 10  # categories with a colour of their own; all others share one
OTHERS = NAMED  # the place of what has none


@dataclass(frozen=True)
class Legend:
    """Which colour each point has. `names` and `counts` are by colour, the largest first; the last one is the rest."""

    names: tuple[str, ...] = ()
    counts: tuple[int, ...] = ()
    colours: tuple[int, ...] = ()


@dataclass(frozen=True)
class MapView:
    """All that the page shows. `running` says how far the map is that was asked for; an older one stays meanwhile."""

    phase: Phase = "empty"
    method: Method = "pca"
    field: Field = "text"
    map: CatalogueMap | None = None
    legend: Legend = Legend()
    running: Running | None = None
    twins: tuple[Twins, ...] | None = None
    searching: Running | None = None
    notice: str = ""
    failure: Failure | None = None

    @property
    def summary(self) -> str:
        """The line under the map."""
        if self.map is None:
            return ""
        text = tr("{count} products", count=formats.number(len(self.map.points)))
        if self.map.explained is not None:
            text += " · " + tr("shows {share} of the differences", share=formats.percent(self.map.explained))
        return text

    @property
    def progress(self) -> str:
        """How far the map is; empty where it is there."""
        if self.running is None:
            return ""
        total = self.running.total
        if total and self.running.done < total:
            done = formats.number(self.running.done)
            return tr("Reading vectors: {done} of {total}", done=done, total=formats.number(total))
        return tr("Laying the map out…")


def legend(points: Sequence[MapPoint]) -> Legend:
    """Return the colours by the first level of the category tree that tells products apart."""
    level = _level(points)
    names = [one.category[level] if len(one.category) > level else "" for one in points]
    counts = Counter(name for name in names if name)
    chosen = [name for name, _ in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:NAMED]]
    places = {name: place for place, name in enumerate(chosen)}
    colours = tuple(places.get(name, OTHERS) for name in names)
    rest = sum(colour == OTHERS for colour in colours)
    shown = [name[:SHOWN_CHARS] for name in chosen]
    return Legend((*shown, tr("All others")), (*(counts[name] for name in chosen), rest), colours)


def _level(points: Sequence[MapPoint]) -> int:
    deepest = max((len(one.category) for one in points), default=0)
    for level in range(deepest):
        if len({one.category[level] for one in points if len(one.category) > level}) > 1:
            return level
    return 0


def product_rows(points: Sequence[MapPoint]) -> tuple[Branch, ...]:
    """Return products as rows of a list."""
    return tuple(
        Branch(one.id, (one.title[:SHOWN_CHARS], " › ".join(one.category)[:SHOWN_CHARS], _near(one)), (one.id,))
        for one in points
    )


def twin_rows(groups: Sequence[Twins]) -> tuple[Branch, ...]:
    """Return groups of near-duplicates as rows, each with its products below it."""
    found = []
    for place, group in enumerate(groups):
        members = tuple(
            Branch(f"{place}\0{name}", (title[:SHOWN_CHARS], "", ""), (name,)) for name, title in group.products
        )
        alike = tr("the same") if group.exact else formats.percent(group.similarity)
        ids = tuple(name for name, _ in group.products)
        heading = tr("{count} products", count=formats.number(len(ids)))
        title = group.products[0][1][:SHOWN_CHARS] if group.products else ""
        found.append(Branch(f"group\0{place}", (title, heading, alike), ids, members))
    return tuple(found)


def map_rows(view: MapView) -> list[list[str]]:
    """Return the map's data as rows with a heading."""
    rows = [["id", "title", "category", "x", "y", "near", "outlier"]]
    if view.map is not None:
        far = set(view.map.outliers)
        rows += [
            [one.id, one.title, " > ".join(one.category), f"{one.x:g}", f"{one.y:g}",
             "" if one.near is None else f"{one.near:g}", "yes" if one.id in far else ""]
            for one in view.map.points
        ]  # fmt: skip
    return rows


def _near(point: MapPoint) -> str:
    return "" if point.near is None else formats.percent(point.near)

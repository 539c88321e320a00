"""`kindred tag`: categories, tags and attributes that products could have, how sure that is and why."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from tempfile import TemporaryFile
from typing import Annotated, Self

import orjson
import typer

from encoders.store import ModelStore
from opensearch import generations
from opensearch.client import Cluster, connect
from opensearch.generations import Generation
from opensearch.scanning import scan
from plugin_bridge.catalogue.cleaning import Product
from plugin_bridge.cli.output import console, out, print_json_list, progress, table
from plugin_bridge.errors import BridgeError
from plugin_bridge.loading.photos import find_photo
from plugin_bridge.loading.source import ProductFile
from plugin_bridge.review.making import tagged_input
from plugin_bridge.settings import Settings
from plugin_bridge.tagging.calibration import WANTED_PRECISION
from plugin_bridge.tagging.engine import TaggedInput
from plugin_bridge.tagging.labels import labels_of
from plugin_bridge.tagging.opening import open_engine
from plugin_bridge.tagging.regions import trained_classifier, with_regions
from plugin_bridge.tagging.suggesting import ProductSuggestions, Suggestion

PRODUCTS_AT_ONCE = 256


def register(app: typer.Typer) -> None:
    """Add this command to `app`."""
    app.command("tag")(tag)


def tag(
    what: Annotated[
        list[str] | None, typer.Argument(metavar="ID... | FILE", help="Products of the live generation, or a file.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="All products of the live generation.")] = False,
    model: Annotated[
        str | None,
        typer.Option("--model", metavar="NAME", help="A trained tagger; default: votes of labelled neighbours."),
    ] = None,
    fields: Annotated[str | None, typer.Option("--fields", metavar="A,B", help="Only these fields.")] = None,
    images: Annotated[
        Path | None, typer.Option("--images", metavar="DIR", help="Folder of the photos; default: a FILE's own.")
    ] = None,
    evidence: Annotated[
        Path | None, typer.Option("--evidence", metavar="DIR", help="Write which region of the photo spoke for it.")
    ] = None,
    precision: Annotated[
        float, typer.Option("--precision", min=0.5, max=1.0, help="Wanted of what neighbours call sure.")
    ] = WANTED_PRECISION,
    index: Annotated[str | None, typer.Option("--index", metavar="ALIAS", help="Default: KINDRED_ALIAS.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Suggest categories, tags and attributes, with a calibrated confidence and the evidence.

    Nothing is written. A product's own labels are not looked at for what is suggested to it.
    """
    if everything == bool(what):
        raise typer.BadParameter("name products, a file of products, or --all", param_hint="ID... | FILE")
    settings = Settings()
    store = ModelStore(settings.models_dir)
    wanted = fields.split(",") if fields else None
    with _Found() as found:
        with connect() as cluster, progress() as display:
            generation = generations.live(cluster, index or settings.alias)
            if generation is None:
                raise BridgeError(f"alias {index or settings.alias} holds no generation: `kindred load FILE` makes one")
            task = display.add_task("asking labelled products", total=None)
            engine = open_engine(
                model,
                cluster,
                generation,
                store,
                threads=settings.threads,
                fields=wanted,
                precision=precision,
                neighbours=not everything,  # for a whole catalogue the words are evidence enough
            )
            display.update(task, description="tagging products", total=generation.documents if everything else None)
            classifier = trained_classifier(store, settings.threads) if evidence is not None else None
            products = _products(what or [], everything, cluster, generation, images)
            while batch := list(islice(products, PRODUCTS_AT_ONCE)):
                made = [_only(one, wanted) for one in engine.suggest(batch)]
                if classifier is not None and evidence is not None:
                    made = [
                        with_regions(product, one, classifier, evidence)
                        for product, one in zip(batch, made, strict=True)
                    ]
                found.add(batch, made)
                display.advance(task, len(batch))
        if json:
            head = {"model": engine.name, "version": engine.version, "generation": generation.name}
            print_json_list(head, "products", (one.to_json() for _, _, one in found))
        else:
            _show(found, engine.name)


class _Found:
    """What was found, kept in a file that goes with it: a million products do not stay in memory."""

    def __enter__(self) -> Self:
        self._file = TemporaryFile()
        return self

    def __exit__(self, *error: object) -> None:
        self._file.close()

    def add(self, products: Sequence[TaggedInput], made: Sequence[ProductSuggestions]) -> None:
        for product, one in zip(products, made, strict=True):
            line = (product.fields.get("title", ""), labels_of(product.fields), one.to_json())
            self._file.write(orjson.dumps(line, option=orjson.OPT_SERIALIZE_NUMPY, default=str) + b"\n")

    def __iter__(self) -> Iterator[tuple[str, Mapping[str, Sequence[str]], ProductSuggestions]]:
        """Yield title, own labels and suggestions of each product."""
        self._file.seek(0)
        for line in self._file:
            title, own, one = orjson.loads(line)
            yield title, own, ProductSuggestions.from_json(one)


def _products(
    what: Sequence[str], everything: bool, cluster: Cluster, generation: Generation, images: Path | None
) -> Iterator[TaggedInput]:
    if everything:
        for hit in scan(cluster, generation.index):
            yield tagged_input(hit, images)
        return
    if len(what) == 1 and Path(what[0]).is_file():
        yield from _from_file(Path(what[0]), images)
        return
    answer = cluster.request("POST", f"/{generation.index}/_mget", {"ids": list(what)})
    for hit in answer["docs"]:
        if not hit.get("found"):
            raise BridgeError(f"there is no product {hit['_id']!r} in {generation.index}, and no file of that name")
        yield tagged_input(hit, images)


def _from_file(path: Path, images: Path | None) -> Iterator[TaggedInput]:
    file = ProductFile(path)
    for product in file.outcomes():
        if isinstance(product, Product):
            photo = find_photo(product.image, images or path.parent) if product.image else None
            yield TaggedInput(product.id, product.fields, photo if isinstance(photo, Path) else None)
    if not file.report.accepted:
        raise BridgeError(f"{path}: holds no product that can be read")


def _only(found: ProductSuggestions, fields: Sequence[str] | None) -> ProductSuggestions:
    if fields is None:
        return found
    kept = tuple(one for one in found.suggestions if one.field in fields)
    return ProductSuggestions(found.id, kept, tuple(name for name in found.unsure if name in fields))


def _show(found: Iterable[tuple[str, Mapping[str, Sequence[str]], ProductSuggestions]], model: str) -> None:
    columns = ("field", f"{model} suggests", "confidence", "has now", "because of")
    shown = 0
    for title, own, made in found:
        shown += 1
        rows = []
        for one in made.suggestions:
            sure = f"{one.confidence:.2f}, {'sure' if one.sure else 'not sure'}"
            rows.append((one.field, one.value, sure, " | ".join(own.get(one.field, ())), _why(one)))
        for name in made.unsure:
            if not any(one.field == name for one in made.suggestions):
                rows.append((name, "", "not sure", " | ".join(own.get(name, ())), ""))
        out.print(table(f"{made.id}  {title}", columns, rows))
    if not shown:
        console.print("there are no products")


def _why(one: Suggestion) -> str:
    parts = []
    if words := one.evidence.get("words"):
        parts.append("words: " + ", ".join(word["word"] for word in words))
    if near := one.evidence.get("neighbours"):
        parts.append("like: " + "; ".join(neighbour["title"] or neighbour["id"] for neighbour in near[:2]))
    if region := one.evidence.get("region"):
        parts.append(f"photo: {region}")
    return " | ".join(parts)

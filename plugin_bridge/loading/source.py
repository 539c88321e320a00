"""The products of a file, in order, each id once, with everything that was met on the way counted."""

import hashlib
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import orjson

from opensearch.generations import DEFAULT_RECIPE, Adopted
from plugin_bridge.catalogue import adoption
from plugin_bridge.catalogue.cleaning import Product, Rejected, clean
from plugin_bridge.catalogue.readers import BadRow, Row, read_rows
from plugin_bridge.catalogue.report import CleaningReport

ROWS_PER_CHUNK = 1024
BYTES_PER_CHUNK = 8 * 2**20


@dataclass(frozen=True)
class Chunk:
    """Products that go through the pipeline together; no product of another chunk lies between its lines."""

    products: tuple[Product, ...]

    @property
    def first(self) -> int:
        """The line of its first product."""
        return self.products[0].line

    @property
    def last(self) -> int:
        """The line of its last product."""
        return self.products[-1].line


class ProductFile:
    """Reads and cleans one file. `report` and `rejected` grow while `products` is consumed."""

    def __init__(
        self,
        path: Path,
        *,
        encoding: str | None = None,
        recipe: str = DEFAULT_RECIPE,
        partial: bool = False,
        adopted: Adopted | None = None,
    ) -> None:
        self.path = path
        self.report = CleaningReport()
        self._encoding, self._recipe, self._partial = encoding, recipe, partial
        self._adopted = adopted
        # Sixteen bytes for each id, so that a million products fit: hash of the id, hash of the row.
        self._seen: dict[int, int] = {}

    def outcomes(self) -> Iterator[Product | Rejected | BadRow]:
        """Yield what becomes of each row; the first row of an id counts."""
        for row in read_rows(self.path, encoding=self._encoding):
            outcome = self._outcome(row)
            self.report.add(outcome)
            yield outcome

    def _outcome(self, row: Row | BadRow) -> Product | Rejected | BadRow:
        if isinstance(row, BadRow):
            return row
        product = self._product(row)
        if isinstance(product, Rejected):
            return product
        identity, content = _hash(product.id.encode()), _hash(_canonical(row))
        if identity not in self._seen:
            self._seen[identity] = content
            return product
        if self._seen[identity] == content:
            return Rejected(row.line, "duplicate_row", f"the same row again (id {product.id!r})", product.id)
        return Rejected(
            row.line, "duplicate_id", f"id {product.id!r} again with other content; the first row counts", product.id
        )

    def _product(self, row: Row) -> Product | Rejected:
        if self._adopted is None:
            return clean(row, recipe=self._recipe, partial=self._partial)
        translated = replace(row, data=adoption.translated(row.data, self._adopted))
        product = clean(translated, recipe=self._recipe, partial=self._partial, untitled=True)
        if isinstance(product, Rejected):
            return product
        return adoption.as_own(product, row.data, self._adopted)


def chunks(products: Iterable[Product], *, done: Container[int] = (), rows: int = ROWS_PER_CHUNK) -> Iterator[Chunk]:
    """Yield products in chunks of at most `rows`, fewer where they are large; lines in `done` are left out."""
    waiting: list[Product] = []
    size = 0
    for product in products:
        if product.line in done:
            continue
        waiting.append(product)
        size += len(product.text) + len(product.fields.get("description") or "")
        if len(waiting) == rows or size > BYTES_PER_CHUNK:
            yield Chunk(tuple(waiting))
            waiting, size = [], 0
    if waiting:
        yield Chunk(tuple(waiting))


def _canonical(row: Row) -> bytes:
    return orjson.dumps(row.data, option=orjson.OPT_SORT_KEYS)


def _hash(data: bytes) -> int:
    return int.from_bytes(hashlib.blake2b(data, digest_size=8).digest())

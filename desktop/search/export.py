"""Results as CSV that a spreadsheet opens without running anything in it. Free of Qt."""

import csv
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from desktop.bridge import Bridge, Hit, Wanted
from desktop.errors import KeepingError
from desktop.i18n import formats, tr

MAX_ROWS = 10_000
_PAGE = 500
# A cell that begins so is a formula to a spreadsheet (OWASP, "CSV injection").
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
COLUMNS = ("rank", "id", "title", "brand", "category", "price", "currency", "score", "why", "matched words")


def all_hits(bridge: Bridge, wanted: Wanted) -> Iterator[Hit]:
    """Yield all that a search finds, page after page, down to what the bridge answers."""
    offset = 0
    while offset < MAX_ROWS:
        answer = bridge.search(wanted, size=min(_PAGE, MAX_ROWS - offset), offset=offset)
        yield from answer.hits
        offset += len(answer.hits)
        if not answer.hits or offset >= answer.total:
            return


def write(path: Path, hits: Iterable[Hit]) -> int:
    """Write hits whole or not at all and return how many; KeepingError where the file cannot be written."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    count = 0
    try:
        # The mark at the beginning tells Excel that it is UTF-8.
        with beside.open("w", encoding="utf-8-sig", newline="") as stream:
            rows = csv.writer(stream)
            rows.writerow(COLUMNS)
            for count, hit in enumerate(hits, 1):  # noqa: B007 - counted to the end
                rows.writerow([guarded(cell) for cell in cells(hit)])
        beside.replace(path)
    except OSError as error:
        message = tr("{name} cannot be written: {reason}.", name=path.name, reason=error.strerror or error)
        raise KeepingError(message, repr(error)) from error
    finally:
        beside.unlink(missing_ok=True)
    return count


def cells(hit: Hit) -> list[str]:
    """Return the row of a hit."""
    product = hit.product
    shares = "; ".join(f"{one.part} {formats.percent(one.share)}" for one in hit.shares)
    return [
        str(hit.rank),
        hit.id,
        hit.title,
        formats.listed(product.get("brand")),
        formats.listed(product.get("category")),
        formats.listed(product.get("price")),
        formats.listed(product.get("currency")),
        f"{hit.score:.4f}",
        shares,
        " ".join(hit.words),
    ]


def guarded(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula; numbers stay numbers."""
    if not cell.lstrip(" ").startswith(_FORMULA):
        return cell
    try:
        float(cell)
    except ValueError:
        return "'" + cell
    return cell

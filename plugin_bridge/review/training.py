"""What people decided, as training data: one product a line, in the layout of a product file.

The fields are those of the live index, so accepted and corrected values stand where a catalogue has them. What was
refused stands in `refused`, by field: values that this product does not have.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from opensearch.client import Cluster
from opensearch.mappings import INTERNAL_PREFIX
from plugin_bridge.review.documents import parts, read_documents
from plugin_bridge.review.history import Decision

REFUSED = "refused"
REVIEWED = "reviewed"


def rows(cluster: Cluster, index: str, decisions: Sequence[Decision]) -> Iterator[dict[str, Any]]:
    """Yield one row for each product about which something was decided; deleted products are left out.

    `reviewed` names the fields that a person has set: the others are the catalogue's.
    """
    by_product: dict[str, list[Decision]] = defaultdict(list)
    for one in decisions:
        by_product[one.product].append(one)
    for part in parts(list(by_product)):
        documents = read_documents(cluster, index, part)
        for product in part:
            if product in documents:
                yield _row(product, documents[product].source, by_product[product])


def _row(product: str, source: Any, decisions: Sequence[Decision]) -> dict[str, Any]:
    row = {"id": product}
    row |= {name: value for name, value in source.items() if not name.startswith(INTERNAL_PREFIX) and value is not None}
    refused: dict[str, list[str]] = {}
    for one in decisions:
        # A corrected value is a refusal of what was suggested, too.
        if one.action != "accept" and one.suggested != one.chosen:
            refused.setdefault(one.field, []).append(one.suggested)
    reviewed = sorted({one.field for one in decisions if one.action != "refuse"})
    return row | ({REVIEWED: reviewed} if reviewed else {}) | ({REFUSED: refused} if refused else {})

"""From recorded decisions to the live index, also where the alias moves to another generation in between."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from opensearch.generations import Generation
from plugin_bridge.review import marks
from plugin_bridge.review.documents import GONE, Documents
from plugin_bridge.review.ledger import Intent, Ledger
from plugin_bridge.review.marks import Key, Mark
from plugin_bridge.review.values import Conflict


def apply(
    documents: Documents,
    ledger: Ledger,
    live: Callable[[], Generation],
    waiting: Sequence[Intent],
    at: str,
) -> tuple[dict[int, Conflict], set[int]]:
    """Write decisions into the live index and note that.

    Returns the conflicts by event, whose decisions were withdrawn, and the events that are not written yet.

    Raises what `Documents.mark` raises; then nothing is noted, and all of it is wanted still.
    """
    generation = live()
    written, failed = _write(documents, generation, waiting)
    # Whoever made another generation live meanwhile may have read the marks before these were among them.
    while written and (now := live()).index != generation.index:
        generation = now
        documents.mark(generation, *_all_of(written))
    ledger.settle(written, list(failed.values()), at)
    settled = {intent.event for intent in written} | set(failed)
    conflicts = {event: conflict for event, (_, conflict) in failed.items()}
    return conflicts, {intent.event for intent in waiting if intent.event not in settled}


def _write(
    documents: Documents, generation: Generation, waiting: Sequence[Intent]
) -> tuple[list[Intent], dict[int, tuple[Intent, Conflict]]]:
    by_product: dict[str, list[Intent]] = {}
    for intent in waiting:
        by_product.setdefault(intent.product, []).append(intent)
    overtaken: dict[int, Mark | None] = {}

    def judge(product: str, source: Mapping[str, Any]) -> list[Mark]:
        wanted, lost = judged(by_product[product], marks.read(source).marks)
        for intent in by_product[product]:
            overtaken.pop(intent.event, None)
        overtaken.update(lost)
        return wanted

    done = documents.mark(generation, by_product, judge)
    written, failed = [], {}
    for intent in waiting:
        if intent.product not in done:
            continue
        conflict = _conflict(intent, done[intent.product], overtaken)
        if conflict is None:
            written.append(intent)
        else:
            failed[intent.event] = (intent, conflict)
    return written, failed


def judged(intents: Sequence[Intent], known: Mapping[Key, Mark]) -> tuple[list[Mark], dict[int, Mark | None]]:
    """Return the marks that a product lacks, and the decisions that somebody else's mark overtook.

    A decision expects the mark that its person saw. Several decisions about one field follow each other; those up to
    the one whose mark is there were written before a crash.
    """
    wanted: list[Mark] = []
    lost: dict[int, Mark | None] = {}
    by_key: dict[Key, list[Intent]] = {}
    for intent in intents:
        by_key.setdefault(intent.mark.key, []).append(intent)
    for key, queue in by_key.items():
        now = known.get(key)
        stamps = [intent.mark.stamp for intent in queue]
        left = queue[stamps.index(now.stamp) + 1 :] if now is not None and now.stamp in stamps else queue
        for intent in left:
            if intent.expects == (now.stamp if now else None):
                wanted.append(intent.mark)
                now = intent.mark
            else:
                lost[intent.event] = now
    return wanted, lost


def _conflict(intent: Intent, why: str | None, overtaken: Mapping[int, Mark | None]) -> Conflict | None:
    mark, subject = intent.mark, (intent.suggestion, intent.product, intent.mark.field)
    if why == GONE:
        return Conflict("gone", f"there is no product {intent.product!r} any more", *subject)
    if why is not None:
        message = f"OpenSearch does not take {mark.field} {mark.value!r} for {intent.product!r}: {why}"
        return Conflict("refused", message, *subject)
    if intent.event not in overtaken:
        return None
    other = overtaken[intent.event]
    who = f"set to {other.value!r} by {other.by} at {other.at}" if other else "put back by somebody else"
    message = f"{mark.field} of {intent.product!r} was {who} at the same time"
    return Conflict("edited", message, *subject, other.by if other else None, other.at if other else None)


def _all_of(written: Sequence[Intent]) -> tuple[list[str], Callable[[str, Mapping[str, Any]], list[Mark]]]:
    """Return products and the marks that they get, whatever they carry: newer marks stay."""
    by_product: dict[str, list[Mark]] = {}
    for intent in written:
        by_product.setdefault(intent.product, []).append(intent.mark)
    return list(by_product), lambda product, _: by_product[product]

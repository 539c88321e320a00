"""Which comparison a release wants, and on what: the labels of the alias, its diary, or a folder that is named."""

import tempfile
from collections.abc import Callable
from pathlib import Path

from opensearch.generations import Generation
from plugin_bridge.behaviour.diary import Diary
from plugin_bridge.behaviour.identity import pseudonyms
from plugin_bridge.behaviour.interactions import Interactions
from plugin_bridge.behaviour.model import KIND as BEHAVIOUR
from plugin_bridge.behaviour.reading import read_behaviour
from plugin_bridge.errors import BehaviourError, ReleaseError
from plugin_bridge.experiments import listed
from plugin_bridge.labels import snapshot
from plugin_bridge.labels.judgments import JudgmentLedger
from plugin_bridge.labels.reading import Reading
from plugin_bridge.releases import by_orders, by_photos, by_queries
from plugin_bridge.releases.by_queries import Side
from plugin_bridge.releases.comparing import Comparison
from plugin_bridge.releases.evidence import Evidence, read_evidence
from plugin_bridge.releases.records import Release
from plugin_bridge.releases.workshop import Workshop


def measured(shop: Workshop, release: Release, live: Generation, target: Generation, data: Path | None) -> Comparison:
    """Compare a candidate with the live generation by what its model changes.

    `data` is a folder of judged queries or pairs, of a model of behaviour a file or folder of orders; None: the labels
    of the alias, or the diary.

    Raises ReleaseError, EvaluationError and BehaviourError where the data cannot be read.
    """

    def progress(done: int, of: int) -> None:
        shop.hooks.tell(done, of, "comparing the candidate with the live generation")

    if release.kind == BEHAVIOUR:
        candidate = shop.behaviour(target.behaviour)
        if candidate is None:
            raise ReleaseError(f"{release.model} was changed in the store since {target.index} was built with it")
        models = shop.behaviour(live.behaviour), candidate
        return by_orders.compare(shop.cluster, live.index, models, _orders(shop, data), progress)
    pool = shop.pool
    evidence = _evidence(shop, release.model, live, data)
    if release.kind == "image":
        return by_photos.compare(shop.cluster, live, target, pool.text(live.text), evidence, progress)
    before, after = (Side(one, pool.text(one.text)) for one in (live, target))
    return by_queries.compare(shop.cluster, before, after, evidence, progress)


def _orders(shop: Workshop, data: Path | None) -> Interactions | None:
    if data is not None:
        return read_behaviour(data, pseudonyms(shop.settings.home).of).interactions
    try:
        return Diary(shop.settings.home).interactions()
    except BehaviourError:
        return None


def _evidence(shop: Workshop, model: str, live: Generation, data: Path | None) -> Evidence:
    if data is not None:
        return read_evidence(data, shop.cluster, live.index)
    with tempfile.TemporaryDirectory(prefix="kindred-release-") as folder:
        if _write_labels(shop, Path(folder)):
            keep = _kept_queries(shop, {model, live.text.model})
            return read_evidence(Path(folder), shop.cluster, live.index, keep)
    return Evidence({}, {})


def _write_labels(shop: Workshop, folder: Path) -> bool:
    """Write the labels and judgments of the alias in the contract's layout; return whether there are any."""
    storage = shop.storage.open()
    if not Reading(storage, shop.alias).counts().pairs and not JudgmentLedger(storage, shop.alias).agreed():
        return False
    made = snapshot.write(storage, shop.alias, shop.cluster, folder)
    return bool(made.pairs or made.judgments)


def _kept_queries(shop: Workshop, models: set[str]) -> Callable[[str], bool]:
    """Return which of the alias's queries may decide: those that a training on judgments keeps for validation."""
    from plugin_bridge.pairs.judged import KIND, held_out

    learned = any(one.kind == KIND and models & {one.model, *one.models} for one in listed(shop.settings.home))
    return held_out if learned else lambda query: True

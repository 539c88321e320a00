"""Installing a trained scorer: each network exported, proven on real pairs, written into one folder."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from encoders.cards import MODEL_FILE, TOKENIZER_FILE, ModelCard, fingerprint_of, sha256_of, write_card
from encoders.scorer import CROSS_FILE, GRAMS_FILE, LEXICON_FILE, TREES_FILE, WORDS_FILE, PairNetworks, ScorerCard
from encoders.store import ModelStore
from plugin_bridge.pairs.learning import Learned
from plugin_bridge.pairs.photos import Photos
from plugin_bridge.pairs.reading import PairSet, identity
from plugin_bridge.pairs.serialising import both_sides
from plugin_bridge.pairs.stacking import Stack
from plugin_bridge.pairs.vectors import Vectors

_PROVING = 64


@dataclass
class Parts:
    """The trained networks of a scorer: boosted trees, and where they were trained the small network and the large.

    `photos` is what read the products' photos, where they have some.
    """

    trees: Any
    scorer: Any = None
    cross: Any = None
    tokenizer: Path | None = None
    tokens: int = 0
    photos: Photos | None = None


def install_scorer(
    name: str,
    store: ModelStore,
    parts: Parts,
    stack: Stack,
    learned: Learned,
    pairs: PairSet,
    encoder: str,
    vectors: Vectors,
) -> ModelCard:
    """Export the parts that the stack uses, pass the gate on validation pairs, and install them as `name`.

    Raises ParityError where an export differs from its original; the store is then as it was, as it is after an error
    of the disk.
    """
    from encoders.export.pairs import export_cross, export_scorer

    proving = pairs.valid[:_PROVING]
    rows = learned.features["valid"][:_PROVING]
    both = tuple(
        np.stack([vectors[identity(getattr(pair, end))] for pair in proving]).astype(np.float32)
        for end in ("left", "right")
    )
    texts = both_sides(proving)
    encoder_card = store.card(encoder)
    with store.installing([name]) as folders:
        folder = folders[name]
        np.save(folder / WORDS_FILE, learned.comparer.weights.words)
        np.save(folder / GRAMS_FILE, learned.comparer.weights.grams)
        np.save(folder / LEXICON_FILE, learned.model.lexicon.weights)
        if "trees" in stack.weights:
            from encoders.export.trees import export_trees

            export_trees(parts.trees.dump_model(), folder / TREES_FILE)
        if "scorer" in stack.weights:
            export_scorer(parts.scorer, folder / MODEL_FILE, width=both[0].shape[1], features=rows.shape[1])
        if "cross" in stack.weights and parts.tokenizer is not None:
            export_cross(parts.cross, folder / CROSS_FILE, longest=parts.tokens)
            (folder / TOKENIZER_FILE).write_bytes(parts.tokenizer.read_bytes())
        ScorerCard(
            features=learned.names,
            encoder=encoder,
            encoder_fingerprint=encoder_card.fingerprint,
            weights=dict(stack.weights),
            shift=stack.shift,
            threshold=stack.threshold,
            tokens=parts.tokens,
            photos=parts.photos.encoder.card.name if parts.photos else "",
            photos_fingerprint=parts.photos.encoder.card.fingerprint if parts.photos else "",
        ).write(folder)
        card = _card(name, folder, pairs.name)
        found = PairNetworks(folder, card, 1).parts(rows, (both[0], both[1]), texts)
        card = replace(card, parity=_proven(parts, stack, rows, both, texts, found))
        write_card(folder, card)
    return card


def _proven(parts: Parts, stack: Stack, rows: np.ndarray, both: Any, texts: Any, found: Any) -> dict[str, Any]:
    """Compare each exported part with its original on the same pairs."""
    from encoders.export.pairs import prove_logits
    from encoders.training.pairs.cross_encoder import Texts, logits_of
    from encoders.training.pairs.scorer import Vectored, scorer_logits

    nothing = np.zeros(len(rows))
    originals: dict[str, np.ndarray] = {}
    if "trees" in stack.weights:
        originals["trees"] = parts.trees.predict(rows, raw_score=True)
    if "scorer" in stack.weights:
        originals["scorer"] = scorer_logits(parts.scorer, Vectored(both[0], both[1], rows, nothing))
    if "cross" in stack.weights:
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_file(str(parts.tokenizer))
        stated = Texts(texts[0], texts[1], nothing, nothing)
        originals["cross"] = logits_of(parts.cross, tokenizer, stated, parts.tokens, exact=True)
    return {part: prove_logits(part, original, found[part]) for part, original in originals.items()}


def _card(name: str, folder: Path, trained_on: str) -> ModelCard:
    files = {path.name: sha256_of(path) for path in sorted(folder.iterdir())}
    return ModelCard(
        name=name,
        kind="pairs",
        revision=fingerprint_of(files, {})[:12],
        dimension=1,
        pooling="none",
        preprocessing={},
        languages=(),
        licence="of its base and of its training data",
        source=f"trained on pairs of {trained_on}",
        precision="fp32",
        files=files,
        fingerprint=fingerprint_of(files, {}),
    )

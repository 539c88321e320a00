"""A trained pair scorer at work: products in, calibrated logits and probabilities out. Needs no torch."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from encoders.cards import ModelCard
from encoders.errors import EncoderError
from encoders.scorer import GRAMS_FILE, LEXICON_FILE, SCORER_FILE, WORDS_FILE, PairNetworks
from encoders.store import ModelStore
from encoders.text import TextEncoder
from plugin_bridge.pairs.baselines import product_text
from plugin_bridge.pairs.explaining import explain
from plugin_bridge.pairs.features import Comparer
from plugin_bridge.pairs.learning import rows_of
from plugin_bridge.pairs.lexicon import Lexicon
from plugin_bridge.pairs.photos import Photos
from plugin_bridge.pairs.reading import Pair, Product, identity
from plugin_bridge.pairs.serialising import both_sides
from plugin_bridge.pairs.weights import Weights

SUFFIX = "-pairs"
LETTERS = 700  # of a product's text that are read


@dataclass
class PairScorer:
    """Scores pairs. `threshold` is the logit from which on a pair is called similar."""

    networks: PairNetworks
    comparer: Comparer
    lexicon: Lexicon
    encoder: TextEncoder | None
    photos: Photos | None = None

    @property
    def threshold(self) -> float:
        """The logit that valid chose."""
        return float(self.networks.stated.threshold)

    def logits(self, pairs: Sequence[Pair]) -> np.ndarray:
        """Return calibrated logits (pairs,); the order of a pair's products does not matter much, nor their ids."""
        if not pairs:
            return np.zeros(0)
        return self.networks.together(self.parts(pairs))

    def parts(self, pairs: Sequence[Pair]) -> dict[str, np.ndarray]:
        """Return the logits of each network of the scorer."""
        if self.photos is not None:
            products = [one for pair in pairs for one in (pair.left, pair.right)]
            unread = [one for one in products if identity(one) not in self.comparer.photos]
            self.comparer.photos.update(self.photos.vectors(unread))
        rows, names = rows_of(self.comparer, pairs)
        if names != self.networks.stated.features:
            raise EncoderError(
                f"{self.networks.card.name} was trained with other features than this version of Kindred has; "
                "train it again"
            )
        features = rows.beside(self.lexicon.logits(rows.words))
        return self.networks.parts(features, self._vectors(pairs), both_sides(pairs))

    def probability(self, left: Product, right: Product) -> float:
        """Return the calibrated probability that two products are the same."""
        return float(1 / (1 + np.exp(-self.logits([Pair(left, right, 0)])[0])))

    def explain(self, left: Product, right: Product) -> dict[str, Any]:
        """Return the probability that two products are the same, and which attributes speak for and against."""
        return {
            "probability": self.probability(left, right),
            "similar": bool(self.logits([Pair(left, right, 0)])[0] >= self.threshold),
            **explain(left, right, self.comparer.weights).to_json(),
        }

    def _vectors(self, pairs: Sequence[Pair]) -> tuple[np.ndarray, np.ndarray]:
        if self.encoder is None:
            nothing = np.zeros((len(pairs), 0), np.float32)
            return nothing, nothing
        products = {identity(one): one for pair in pairs for one in (pair.left, pair.right)}
        table = self.encoder.encode([product_text(product)[:LETTERS] for product in products.values()])
        rows = {key: row for row, key in enumerate(products)}
        return (
            table[[rows[identity(pair.left)] for pair in pairs]],
            table[[rows[identity(pair.right)] for pair in pairs]],
        )


def open_scorer(store: ModelStore, name: str, threads: int = 0, pictures: Path | None = None) -> PairScorer:
    """Open a trained scorer: NAME, or NAME-pairs, which `kindred train pairs --out NAME` makes beside its encoder.

    `pictures` is the folder of the products' photos; without it photos count as unknown.
    Raises EncoderError where NAME is no scorer, or an encoder that it reads is not the one it was trained with.
    """
    chosen = next((one for one in (name, f"{name}{SUFFIX}") if (store.folder(one) / SCORER_FILE).is_file()), None)
    if chosen is None:
        store.card(name)  # an unknown model is named as such
        raise EncoderError(f"model {name!r} scores no pairs; `kindred train pairs` makes one that does")
    card, folder = store.card(chosen), store.folder(chosen)
    networks = PairNetworks(folder, card, threads)
    encoder = None
    if "scorer" in networks.stated.weights:
        encoder = store.open_text(networks.stated.encoder, threads)
        _must_be(encoder.card, networks.stated.encoder_fingerprint, chosen, store)
    photos = None
    if networks.stated.photos and pictures is not None:
        photos = Photos(store.open_image(networks.stated.photos, threads), pictures)
        _must_be(photos.encoder.card, networks.stated.photos_fingerprint, chosen, store)
    words, grams, lexicon = (
        np.load(folder / file, allow_pickle=False) for file in (WORDS_FILE, GRAMS_FILE, LEXICON_FILE)
    )
    return PairScorer(networks, Comparer(Weights(words, grams)), Lexicon(lexicon), encoder, photos)


def _must_be(card: ModelCard, fingerprint: str, scorer: str, store: ModelStore) -> None:
    if card.fingerprint != fingerprint:
        raise EncoderError(
            f"{scorer} was trained with another {card.name} than the one in {store.root}; "
            "train it again, or put that encoder back"
        )

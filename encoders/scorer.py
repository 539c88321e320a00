"""Running a trained pair scorer: vectors, features and texts of pairs in, logits out. Needs onnxruntime, never torch.

A scorer of the store is a folder with up to three networks, whose logits are added with weights that valid chose:
`trees.onnx` over features, `model.onnx` over vectors and features, `cross.onnx` over both texts read together.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from tokenizers import Tokenizer

from encoders.cards import MODEL_FILE, TOKENIZER_FILE, ModelCard
from encoders.errors import ModelDamagedError
from encoders.sessions import Workers, open_session
from encoders.text import batches_by_length

TREES_FILE = "trees.onnx"
CROSS_FILE = "cross.onnx"
SCORER_FILE = "pairs.json"
WORDS_FILE, GRAMS_FILE, LEXICON_FILE = "words.npy", "grams.npy", "lexicon.npy"
FEATURES, LEFT, RIGHT, LOGIT = "features", "left", "right", "logit"
PARTS = ("trees", "scorer", "cross")
APART = " | "
"""Stands between the attributes of a product that a cross-encoder reads."""
_PAIRS_PER_BATCH = 512


@dataclass(frozen=True)
class ScorerCard:
    """What `pairs.json` says: the names of the features, whose vectors are read, and how the parts are put together.

    `weights` holds the weight of each part that there is, `shift` the constant; the sum is a calibrated logit. From
    `threshold` on (a logit) a pair is called similar. `encoder_fingerprint` names the encoder exactly; `photos` is the
    encoder of photos, empty where none were there to learn from.
    """

    features: tuple[str, ...]
    encoder: str
    encoder_fingerprint: str
    weights: Mapping[str, float]
    shift: float
    threshold: float
    tokens: int
    photos: str = ""
    photos_fingerprint: str = ""

    def write(self, folder: Path) -> None:
        """Write `pairs.json` into a model's folder."""
        (folder / SCORER_FILE).write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> "ScorerCard":
        """Read `pairs.json`; raises ModelDamagedError where it is absent or malformed."""
        path = folder / SCORER_FILE
        try:
            stated: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            return cls(**{**stated, "features": tuple(stated["features"])})
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ModelDamagedError(f"{path} cannot be read: {error}") from error


class PairNetworks:
    """The networks of a scorer. Safe to share between threads."""

    def __init__(self, folder: Path, card: ModelCard, threads: int = 0) -> None:
        self.card = card
        self.stated = ScorerCard.read(folder)
        files = {"trees": TREES_FILE, "scorer": MODEL_FILE, "cross": CROSS_FILE}
        self._sessions = {part: open_session(folder / files[part]) for part in self.stated.weights}
        self._workers = Workers(threads)
        self._tokenizer: Tokenizer | None = None
        if "cross" in self._sessions:
            self._tokenizer = Tokenizer.from_file(str(folder / TOKENIZER_FILE))
            self._tokenizer.no_padding()
            self._tokenizer.enable_truncation(self.stated.tokens, strategy="longest_first")

    def parts(
        self, features: np.ndarray, vectors: tuple[np.ndarray, np.ndarray], texts: tuple[Sequence[str], Sequence[str]]
    ) -> dict[str, np.ndarray]:
        """Return the logits (n,) of each part. `vectors` are those of both sides, `texts` likewise."""
        found = {}
        if "trees" in self._sessions:
            found["trees"] = run_trees(self._sessions["trees"], features)
        if "scorer" in self._sessions:
            found["scorer"] = run_scorer(self._sessions["scorer"], vectors[0], vectors[1], features)
        if "cross" in self._sessions:
            found["cross"] = self._cross(*texts)
        return found

    def together(self, parts: Mapping[str, np.ndarray]) -> np.ndarray:
        """Return calibrated logits (n,) from those of the parts."""
        total: np.ndarray = sum((weight * parts[part] for part, weight in self.stated.weights.items()), np.zeros(1))
        return total + self.stated.shift

    def _cross(self, left: Sequence[str], right: Sequence[str]) -> np.ndarray:
        assert self._tokenizer is not None
        found = np.zeros(len(left), np.float32)
        for one, two in ((left, right), (right, left)):
            stated = self._tokenizer.encode_batch(list(zip(one, two, strict=True)))

            def run(rows: np.ndarray, stated: Any = stated) -> None:
                found[rows] += run_cross(self._sessions["cross"], [stated[row] for row in rows]) / 2

            self._workers.each(run, batches_by_length([len(row.ids) for row in stated]))
        return found


def run_trees(session: Any, features: np.ndarray) -> np.ndarray:
    """Return logits (n,) of trees over float32 features (n, features), NaN for what is unknown."""
    return session.run(None, {FEATURES: np.asarray(features, np.float32)})[0].reshape(-1)


def run_scorer(session: Any, left: np.ndarray, right: np.ndarray, features: np.ndarray) -> np.ndarray:
    """Return logits (n,) of the small network."""
    found = [np.zeros(0, np.float32)]
    for start in range(0, len(features), _PAIRS_PER_BATCH):
        part = slice(start, start + _PAIRS_PER_BATCH)
        feed = {LEFT: left[part], RIGHT: right[part], FEATURES: features[part]}
        found.append(session.run(None, {name: np.asarray(value, np.float32) for name, value in feed.items()})[0])
    return np.concatenate(found)


def run_cross(session: Any, encoded: Sequence[Any]) -> np.ndarray:
    """Return logits (n,) of encoded pairs (as `tokenizers` gives them)."""
    table = np.zeros((3, len(encoded), max(len(row.ids) for row in encoded)), np.int64)
    for at, row in enumerate(encoded):
        table[0, at, : len(row.ids)] = row.ids
        table[1, at, : len(row.ids)] = 1
        table[2, at, : len(row.ids)] = row.type_ids
    return session.run(None, {"input_ids": table[0], "attention_mask": table[1], "token_type_ids": table[2]})[0]

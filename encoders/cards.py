"""Model cards: what a model is, written beside its weights as `card.json`. One reader and one writer."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Literal

from encoders.errors import ModelDamagedError

CARD_FILE = "card.json"
MODEL_FILE = "model.onnx"
TOKENIZER_FILE = "tokenizer.json"
FINGERPRINT_LENGTH = 32
INT8_SUFFIX = "-int8"

Kind = Literal["text", "image", "tags", "behaviour", "pairs"]
Precision = Literal["fp32", "int8"]


@dataclass(frozen=True)
class ModelCard:
    """What a model in the store is.

    `dimension` is the length of its L2-normalised vectors (of a tagger the number of its logits, of a pair scorer 1).
    `preprocessing` is everything that happens to an input before the network sees it (text: `max_tokens`,
    `query_prefix`, `passage_prefix`; image: `size`, `resize`, `interpolation`), so that two models with the same
    weights but another preprocessing have another fingerprint.
    `files` maps each file of the model to its sha256. `parity` holds what the parity gate measured.
    """

    name: str
    kind: Kind
    revision: str
    dimension: int
    pooling: str
    preprocessing: Mapping[str, Any]
    languages: tuple[str, ...]
    licence: str
    source: str
    precision: Precision
    files: Mapping[str, str]
    fingerprint: str
    parity: Mapping[str, Any] = field(default_factory=dict)


def name_at(base: str, precision: Precision) -> str:
    """Return the name in the store of a model at a precision: NAME for fp32, NAME-int8 for int8."""
    return base + (INT8_SUFFIX if precision == "int8" else "")


def fingerprint_of(files: Mapping[str, str], preprocessing: Mapping[str, Any]) -> str:
    """Return the identity of an encoder: a hash over its files (weights, tokenizer) and its preprocessing.

    `files` maps file names to their sha256. Vectors of two encoders may meet only where this value is the same.
    """
    stated = json.dumps(
        {"files": dict(files), "preprocessing": dict(preprocessing)}, sort_keys=True, separators=(",", ":")
    )
    return hashlib.sha256(stated.encode()).hexdigest()[:FINGERPRINT_LENGTH]


def sha256_of(path: Path) -> str:
    """Return the sha256 of a file as hex."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def write_card(folder: Path, card: ModelCard) -> None:
    """Write the card into the model's folder."""
    text = json.dumps(asdict(card), indent=2, ensure_ascii=False) + "\n"
    (folder / CARD_FILE).write_text(text, encoding="utf-8")


def read_card(folder: Path) -> ModelCard:
    """Read the card of a model folder; raises ModelDamagedError where it is absent or malformed."""
    path = folder / CARD_FILE
    try:
        stated = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ModelDamagedError(f"{path} is missing: {folder} is not a model of Kindred") from error
    except (OSError, ValueError) as error:
        raise ModelDamagedError(f"{path} cannot be read: {error}") from error
    known = {one.name for one in fields(ModelCard)}
    missing = known - {"parity"} - set(stated if isinstance(stated, dict) else ())
    if missing:
        raise ModelDamagedError(f"{path} has no {', '.join(sorted(missing))}")
    values = {key: value for key, value in stated.items() if key in known}
    return ModelCard(**{**values, "languages": tuple(values["languages"])})

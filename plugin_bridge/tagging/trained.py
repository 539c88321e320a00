"""What stands beside a trained tagger's network: its fields and values, how they are decided, the encoders it needs."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from encoders.errors import ModelDamagedError
from plugin_bridge.tagging.calibration import log_softmax
from plugin_bridge.tagging.deciding import Decider
from plugin_bridge.tagging.words import Words

TAGGER_FILE = "tagger.json"
WORDS_FILE = "words.json"

Sense = Literal["text", "photo", "both"]
SENSES: tuple[Sense, ...] = ("text", "photo", "both")
"""What a suggestion is made from. The network has logits for each, side by side; a product without photo still has
its text."""


@dataclass(frozen=True)
class TaggedField:
    """A field of a tagger: its values stand from column `start` on in the logits of each sense.

    `deciders` are by sense; a sense without one was not trained. With `many`, a logit is a score from 0 to 1 for each
    value alone, else the softmax over the values gives their probabilities.
    """

    name: str
    values: tuple[str, ...]
    many: bool
    start: int
    deciders: Mapping[Sense, Decider]

    def probabilities(self, logits: np.ndarray) -> np.ndarray:
        """Return the probabilities (n, values) from the logits (n, columns) of one sense."""
        own = logits[:, self.start : self.start + len(self.values)]
        return np.clip(own, 0, 1) if self.many else np.exp(log_softmax(own))


@dataclass(frozen=True)
class EncoderName:
    """An encoder that a tagger was trained with."""

    model: str
    fingerprint: str
    dimension: int


@dataclass(frozen=True)
class TaggerCard:
    """All that is needed to serve a tagger beside its network. `notes` says what it was trained on."""

    text: EncoderName
    photo: EncoderName | None
    fields: tuple[TaggedField, ...]
    notes: Mapping[str, Any]

    @property
    def columns(self) -> int:
        """The number of logits of one sense."""
        return sum(len(field.values) for field in self.fields)

    def of_sense(self, logits: np.ndarray, sense: Sense) -> np.ndarray:
        """Return the logits (n, columns) of one sense from those (n, senses * columns) of the network."""
        place = SENSES.index(sense) * self.columns
        return logits[:, place : place + self.columns]


def write_tagger_card(folder: Path, card: TaggerCard, words: Words) -> None:
    """Write what stands beside the network into its folder."""
    document = {
        "text": asdict(card.text),
        "photo": None if card.photo is None else asdict(card.photo),
        "notes": dict(card.notes),
        "fields": [
            {
                "name": field.name,
                "values": list(field.values),
                "many": field.many,
                "start": field.start,
                "deciders": {sense: decider.to_json() for sense, decider in field.deciders.items()},
            }
            for field in card.fields
        ],
    }
    (folder / TAGGER_FILE).write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    (folder / WORDS_FILE).write_text(json.dumps(words.to_json(), ensure_ascii=False) + "\n", encoding="utf-8")


def read_tagger_card(folder: Path) -> tuple[TaggerCard, Words]:
    """Read what stands beside the network; raises ModelDamagedError where it is absent or malformed."""
    try:
        stated = json.loads((folder / TAGGER_FILE).read_text(encoding="utf-8"))
        words = Words.from_json(json.loads((folder / WORDS_FILE).read_text(encoding="utf-8")))
        fields = tuple(
            TaggedField(
                name=one["name"],
                values=tuple(one["values"]),
                many=bool(one["many"]),
                start=int(one["start"]),
                deciders={sense: Decider.from_json(decider) for sense, decider in one["deciders"].items()},
            )
            for one in stated["fields"]
        )
        photo = None if stated["photo"] is None else EncoderName(**stated["photo"])
        return TaggerCard(EncoderName(**stated["text"]), photo, fields, stated["notes"]), words
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelDamagedError(f"{folder} is not a tagger that can be read: {error}") from error

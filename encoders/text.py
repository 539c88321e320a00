"""Text encoders: texts in, L2-normalised vectors out. Needs onnxruntime and tokenizers, never torch."""

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Literal

import numpy as np
from tokenizers import Tokenizer

from encoders.cards import MODEL_FILE, TOKENIZER_FILE, ModelCard
from encoders.errors import ModelDamagedError
from encoders.sessions import Workers, open_session

Role = Literal["query", "passage"]

# A batch holds at most this many tokens, padding included. Larger ones were not faster (docs/decisions) and need more
# memory; and int8 networks take one range of activations for a whole batch, so that fewer texts disturb one another.
TOKENS_PER_BATCH = 256
TEXTS_PER_BATCH = 16
# So many texts are tokenised and sorted by length at a time: enough that batches hardly pad, few enough that
# memory does not grow with the catalogue.
TEXTS_PER_WINDOW = 2048
# Text beyond this many characters for each token the network reads is cut before it is tokenised. Words of product
# text have 4 to 6 characters a token; a 2 MB description would otherwise be tokenised for nothing.
CHARACTERS_PER_TOKEN = 32
CHINESE_CHARACTERS = 2000  # so many a vocabulary has that was made for Chinese


class TextEncoder:
    """Turns texts into vectors of the card's dimension. Safe to share between threads."""

    def __init__(self, folder: Path, card: ModelCard, threads: int = 0) -> None:
        self.card = card
        self._max_tokens = int(card.preprocessing["max_tokens"])
        self._prefix = {
            "query": str(card.preprocessing.get("query_prefix", "")),
            "passage": str(card.preprocessing.get("passage_prefix", "")),
        }
        self._lowercase = bool(card.preprocessing.get("lowercase", False))
        self._pad = int(card.preprocessing.get("pad_id", 0))
        self._tokenizer = _open_tokenizer(folder / TOKENIZER_FILE, self._max_tokens)
        self._session = open_session(folder / MODEL_FILE)
        self._workers = Workers(threads)

    def encode(self, texts: Sequence[str], *, role: Role = "passage") -> np.ndarray:
        """Return float32 vectors (n, dimension), row i for text i, each of length 1.

        `role` chooses the prefix that some models want before a query or a passage.
        """
        vectors = np.empty((len(texts), self.card.dimension), np.float32)
        for start in range(0, len(texts), TEXTS_PER_WINDOW):
            window = [self._cut(text, role) for text in texts[start : start + TEXTS_PER_WINDOW]]
            self._encode_window(window, vectors[start : start + TEXTS_PER_WINDOW])
        return vectors

    def encode_one(self, text: str, role: Role = "query") -> np.ndarray:
        """Return the vector (dimension,) of one text, by default a query's."""
        return self._run([self._tokenizer.encode(self._cut(text, role)).ids])[0]

    def knows(self, word: str) -> bool:
        """Whether the network has a token of its own for a lower-case word, so that the word means something to it."""
        return word in self._words

    @cached_property
    def _words(self) -> frozenset[str]:
        return whole_words(self._tokenizer.get_vocab())

    def _encode_window(self, texts: list[str], vectors: np.ndarray) -> None:
        tokens = [found.ids for found in self._tokenizer.encode_batch_fast(texts)]

        def run(rows: np.ndarray) -> None:
            vectors[rows] = self._run([tokens[row] for row in rows])

        self._workers.each(run, batches_by_length([len(ids) for ids in tokens]))

    def _cut(self, text: str, role: Role) -> str:
        cut = self._prefix[role] + text[: self._max_tokens * CHARACTERS_PER_TOKEN]
        if self._lowercase:
            cut = cut.lower()
        # Half of a surrogate pair (valid in JSON, not in UTF-8) becomes a question mark, as the tokenizer refuses it.
        return cut if cut.isascii() else cut.encode("utf-8", "replace").decode("utf-8")

    def _run(self, tokens: Sequence[Sequence[int]]) -> np.ndarray:
        longest = max(len(ids) for ids in tokens)
        ids = np.full((len(tokens), longest), self._pad, np.int64)
        mask = np.zeros((len(tokens), longest), np.int64)
        for row, found in enumerate(tokens):
            ids[row, : len(found)] = found
            mask[row, : len(found)] = 1
        return self._session.run(None, {"input_ids": ids, "attention_mask": mask})[0]


def batches_by_length(
    lengths: Sequence[int], *, tokens: int = TOKENS_PER_BATCH, texts: int = TEXTS_PER_BATCH
) -> Iterator[np.ndarray]:
    """Yield row numbers of batches of similar length, longest first, none over either budget (one row always fits)."""
    order = np.argsort(-np.asarray(lengths), kind="stable")
    start = 0
    while start < len(order):
        count = max(1, min(texts, tokens // max(1, lengths[order[start]])))
        yield order[start : start + count]
        start += count


def whole_words(tokens: Iterable[str]) -> frozenset[str]:
    """Return the tokens that are whole words: letters only, three or more (one, where the writing has no spaces)."""
    # Wordpieces mark what continues a word (##), sentencepieces what begins one (▁).
    plain = {token.removeprefix("▁").lower() for token in tokens}
    words = {token for token in plain if len(token) > 2 and token.isalpha()}
    characters = {token for token in plain if len(token) == 1 and "\u4e00" <= token <= "\u9fff"}
    # English vocabularies hold a few hundred Chinese characters too, which mean nothing to their networks.
    return frozenset(words | characters if len(characters) > CHINESE_CHARACTERS else words)


def _open_tokenizer(path: Path, max_tokens: int) -> Tokenizer:
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # the tokenizers library raises plain Exception
        raise ModelDamagedError(f"{path} cannot be read as a tokenizer: {error}") from error
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_tokens)
    return tokenizer

"""Vectors as a sentence encoder pools them, before they are brought to length 1: distances rank otherwise on these."""

from collections.abc import Sequence

import numpy as np
import torch

from encoders.export.described import TextSource
from encoders.export.text import tokens_of
from encoders.nets.text import pool

_AT_ONCE = 32


def raw_vectors(source: TextSource, texts: Sequence[str], *, longest: int = 128) -> np.ndarray:
    """Return unnormalised float32 vectors (texts, dimension); texts are read up to `longest` tokens."""
    tokens = [ids[0, :longest] for ids in tokens_of(source, texts)]
    order = np.argsort([len(ids) for ids in tokens], kind="stable")
    found = np.empty((len(tokens), source.dimension), np.float32)
    source.net.eval()
    with torch.inference_mode():
        for start in range(0, len(order), _AT_ONCE):
            rows = order[start : start + _AT_ONCE]
            table = np.zeros((2, len(rows), max(len(tokens[row]) for row in rows)), np.int64)
            for place, row in enumerate(rows):
                table[0, place, : len(tokens[row])] = tokens[row]
                table[1, place, : len(tokens[row])] = 1
            ids, mask = torch.from_numpy(table[0]), torch.from_numpy(table[1])
            states = source.net.transformer(input_ids=ids, attention_mask=mask).last_hidden_state
            found[rows] = source.net.head(pool(states, mask, source.net.pooling)).numpy()
    return found

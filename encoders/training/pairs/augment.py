"""Changes to a text that leave what it names as it is (Ditto's operators: Li et al., Deep Entity Matching, 2020)."""

import numpy as np


def augmented(text: str, chance: np.random.Generator) -> str:
    """Return `text` with a short span left out, or two neighbours swapped; words with digits stay: they identify."""
    words = text.split(" ")
    if len(words) < 4:
        return text
    at = int(chance.integers(0, len(words)))
    kind = chance.random()
    if kind < 0.6:
        span = int(chance.integers(1, min(3, len(words) // 3) + 1))
        kept = [word for place, word in enumerate(words) if not at <= place < at + span or _identifies(word)]
        return " ".join(kept)
    other = min(len(words) - 1, at + 1)
    words[at], words[other] = words[other], words[at]
    return " ".join(words)


def _identifies(word: str) -> bool:
    return any(character.isdigit() for character in word)

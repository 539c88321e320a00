"""Pairs made fit for training: enough of them, of both kinds, and a validation part."""

import hashlib
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from plugin_bridge.errors import EvaluationError
from plugin_bridge.pairs.reading import Pair, PairSet, identity, pair_hash

LEAST_SIMILAR = 8
"""Similar pairs below which nothing is trained: what came of it would be chance."""
_VALID_OF = 5
_DISSIMILAR_EACH = 4


def prepared(pairs: PairSet, seed: int, say: Callable[[str], None] = lambda message: None) -> PairSet:
    """Return the set ready for training.

    Without dissimilar pairs, random pairs of its products stand in for them, and `say` is told; without a validation
    split, a fifth of train by hash of the pair becomes one.

    Raises EvaluationError where there are too few labels to learn anything.
    """
    every = (*pairs.train, *pairs.valid)
    similar = sum(pair.label for pair in every)
    if similar < LEAST_SIMILAR:
        raise EvaluationError(
            f"{pairs.folder}: {len(every)} labelled pairs, {similar} of them similar, are too few to learn from; "
            f"label until there are at least {LEAST_SIMILAR} similar ones"
        )
    if similar == len(every):
        say(f"no dissimilar pair is labelled: {_DISSIMILAR_EACH} random pairs for each similar one stand in for them")
        pairs = replace(
            pairs, train=_with_random(pairs.train, seed), valid=_with_random(pairs.valid, seed) if pairs.valid else ()
        )
    if not pairs.valid or not any(pair.label for pair in pairs.valid):
        chosen = [pair_hash(pair) % _VALID_OF == 0 for pair in pairs.train]
        valid = tuple(pair for pair, held in zip(pairs.train, chosen, strict=True) if held)
        if not any(pair.label for pair in valid):  # few labels: the hash may pick none that is similar
            valid = pairs.train[::_VALID_OF]
        held_out = {id(pair) for pair in valid}
        train = tuple(pair for pair in pairs.train if id(pair) not in held_out)
        say(f"no validation pairs: {len(valid)} of the training pairs are held out as such")
        pairs = replace(pairs, train=train, valid=valid)
    return pairs


def labels_hash(pairs: PairSet) -> str:
    """Return the hash of all labels: the same pairs with the same labels have the same hash, in whatever order."""
    digest = hashlib.sha256()
    for name in ("train", "valid", "test"):
        digest.update(name.encode())
        for number in sorted(pair_hash(pair) * 2 + pair.label for pair in getattr(pairs, name)):
            digest.update(str(number).encode())
    return digest.hexdigest()[:16]


def _with_random(pairs: tuple[Pair, ...], seed: int) -> tuple[Pair, ...]:
    chance = np.random.default_rng(seed)
    known = {frozenset((identity(pair.left), identity(pair.right))) for pair in pairs}
    found = list(pairs)
    for _ in range(_DISSIMILAR_EACH * len(pairs)):
        one, two = chance.integers(0, len(pairs), 2).tolist()
        left, right = pairs[one].left, pairs[two].right
        if one != two and frozenset((identity(left), identity(right))) not in known:
            found.append(Pair(left, right, 0))
    return tuple(found)

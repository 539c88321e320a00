"""What to do when a GPU has too little memory for a batch: take it in smaller parts, and say so."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch

from encoders.errors import TrainingError

_parts = 1  # stays at what worked: a batch that did not fit would not fit the next time


def smaller_batches(
    step: Callable[[np.ndarray], float],
    size: int,
    optimiser: torch.optim.Optimizer,
    tell: Callable[[Mapping[str, Any]], None],
) -> float:
    """Run `step` on the rows of a batch, in as many parts as fit into memory, and return the sum of what it returns.

    `step` gets row numbers within the batch and must add up gradients. Raises TrainingError where even one row is
    too much.
    """
    global _parts
    while True:
        try:
            return sum(step(part) for part in np.array_split(np.arange(size), min(_parts, size)))
        except torch.OutOfMemoryError as error:
            if _parts >= size:
                raise TrainingError(
                    "the GPU has too little memory for one pair: close what else runs on it, or train on the CPU "
                    "(CUDA_VISIBLE_DEVICES= )"
                ) from error
            optimiser.zero_grad()
            _parts *= 2
            if torch.cuda.is_available():
                torch.cuda.empty_cache()
            tell({"event": "log", "message": f"the GPU is out of memory: batches are taken in {_parts} parts now"})

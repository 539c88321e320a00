"""Networks in torch with all that their cards will say, wherever they come from."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch

from encoders.nets.text import SentenceNet


@dataclass(frozen=True)
class TextSource:
    """A sentence encoder in torch with all that its card will say.

    `published` runs a text, given as it is and as token ids (1, tokens), through the published network where the torch
    one was refilled from it, and returns its vector (dimension,); the gate then compares the two as well.
    """

    name: str
    net: SentenceNet
    tokenizer: Path
    dimension: int
    preprocessing: Mapping[str, Any]
    languages: tuple[str, ...]
    licence: str
    revision: str
    source: str
    published: Callable[[str, np.ndarray], np.ndarray] | None = None


@dataclass(frozen=True)
class ImageSource:
    """An image encoder in torch with all that its card will say."""

    name: str
    net: torch.nn.Module
    dimension: int
    preprocessing: Mapping[str, Any]
    licence: str
    revision: str
    source: str
    languages: tuple[str, ...] = field(default=())

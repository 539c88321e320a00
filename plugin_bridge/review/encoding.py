"""Vectors for products whose text a decision changes, by the encoder that made their generation."""

import logging
from collections.abc import Callable, Sequence

import numpy as np

from encoders.errors import EncoderError
from encoders.text import TextEncoder
from opensearch.errors import GenerationError
from opensearch.generations import EncoderRef, Generation
from plugin_bridge.review.documents import Encode

log = logging.getLogger(__name__)


def encoding(open_encoder: Callable[[EncoderRef], TextEncoder]) -> Encode:
    """Return what makes vectors with the encoders that `open_encoder` gives (`EncoderPool.text`).

    It returns None where the encoder is not here or is another one: a decision must not wait for that.
    """

    def encode(generation: Generation, texts: Sequence[str]) -> np.ndarray | None:
        try:
            return open_encoder(generation.text).encode(list(texts), role="passage")
        except (EncoderError, GenerationError) as error:
            log.warning("no vectors for what was decided about %s: %s", generation.index, error)
            return None

    return encode

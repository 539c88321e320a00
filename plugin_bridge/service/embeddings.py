"""`/v1/embeddings`: vectors of texts, in the shape of OpenAI's endpoint, which ml-commons knows how to read."""

import asyncio
import base64
from typing import Any

import numpy as np
from starlette.concurrency import run_in_threadpool

from encoders.text import TextEncoder
from plugin_bridge.errors import RequestError
from plugin_bridge.searching.query_vectors import OverloadedError
from plugin_bridge.service.context import Context
from plugin_bridge.service.schemas import EmbeddingsBody


async def answer(context: Context, wanted: EmbeddingsBody) -> dict[str, Any]:
    """Return the answer; raises RequestError where the model is not open here or there is too much text.

    Texts are encoded as queries. A single text comes from the cache of query vectors where it can.
    """
    texts = [wanted.input] if isinstance(wanted.input, str) else wanted.input
    settings = context.settings
    if not 1 <= len(texts) <= settings.max_texts:
        raise RequestError(f"input holds 1 to {settings.max_texts} texts, got {len(texts)}", status=422, field="input")
    encoder = _encoder(context, wanted.model)
    if len(texts) == 1:
        vectors = (await _one(context, encoder, texts[0]))[None, :]
    else:
        cut = [text[: settings.max_encode_chars] for text in texts]
        vectors = await run_in_threadpool(lambda: encoder.encode(cut, role="query"))
    read = sum(len(text) for text in texts)
    return {
        "object": "list",
        "data": [
            {"object": "embedding", "index": place, "embedding": _form(vector, wanted.encoding_format)}
            for place, vector in enumerate(vectors)
        ],
        "model": wanted.model,
        # Tokens are not counted twice for a figure that nobody pays by; four characters make about one.
        "usage": {"prompt_tokens": read // 4, "total_tokens": read // 4},
    }


def _encoder(context: Context, name: str) -> TextEncoder:
    known = context.registry.snapshot.by_index.values()
    for one in known:
        if one.text is not None and one.generation.text.model == name:
            return one.text
    names = ", ".join(sorted({one.generation.text.model for one in known if one.text})) or "none"
    raise RequestError(
        f"model {name!r} is not open here; text models of generations: {names}", status=404, field="model"
    )


async def _one(context: Context, encoder: TextEncoder, text: str) -> np.ndarray:
    found = context.vectors.at_hand(encoder, text)
    if found is not None:
        return found
    try:
        return await asyncio.wrap_future(context.vectors.encode(encoder, text))
    except OverloadedError as error:
        raise RequestError(str(error), status=503) from error


def _form(vector: np.ndarray, encoding: str) -> Any:
    if encoding == "base64":
        return base64.b64encode(np.asarray(vector, "<f4").tobytes()).decode()
    return vector.tolist()

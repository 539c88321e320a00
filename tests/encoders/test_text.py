"""Text encoders: golden vectors, batches, hostile texts, threads, memory."""

import subprocess
import sys
import threading
import time

import numpy as np
import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from encoders.store import ModelStore
from encoders.text import TEXTS_PER_WINDOW, batches_by_length

TEXT = "Waterproof hiking boots for men, brown leather"
CHINESE = "男士防水登山鞋 棕色 brown leather"
# The first components as the published networks give them: sentence-transformers 6.2 over the published weights of
# all-MiniLM-L6-v2, and the published ONNX files of the bge models (their first token, divided by its length).
GOLDEN = {
    "all-minilm-l6-v2": [-0.072903, 0.045883, 0.048618, 0.044549, 0.100242, -0.06298],
    "bge-small-en-v1.5": [-0.072862, 0.021995, 0.031235, -0.009984, 0.003956, -0.008636],
    "bge-small-zh-v1.5": [-0.004533, 0.008311, 0.032743, 0.021395, 0.038230, -0.069256],
}
TEXTS = {"bge-small-zh-v1.5": CHINESE}
DIMENSIONS = {"bge-small-zh-v1.5": 512}
# fp32 networks differ from the published ones by the order of their sums only: a few units of the seventh decimal.
FP32_TOLERANCE = 2e-6
# int8 rounds to one of 127 steps of a range that is some ten times a component; 0.008 was measured.
INT8_TOLERANCE = 0.02


@pytest.fixture(scope="module")
def int8(model_store: ModelStore):
    return model_store.open_text("all-minilm-l6-v2-int8", threads=2)


@pytest.fixture(scope="module")
def fp32(model_store: ModelStore):
    return model_store.open_text("all-minilm-l6-v2", threads=2)


@pytest.mark.parametrize("model", GOLDEN)
@pytest.mark.parametrize(("suffix", "tolerance"), [("", FP32_TOLERANCE), ("-int8", INT8_TOLERANCE)])
def test_golden_vectors(model_store, model, suffix, tolerance):
    encoder = model_store.open_text(model + suffix, threads=1)
    vector = encoder.encode_one(TEXTS.get(model, TEXT), "passage")
    np.testing.assert_allclose(vector[:6], GOLDEN[model], atol=tolerance, rtol=0)
    assert vector.dtype == np.float32
    assert vector.shape == (encoder.card.dimension,) == (DIMENSIONS.get(model, 384),)
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("model", GOLDEN)
def test_int8_ranks_nearly_as_fp32(model_store, model):
    parity = model_store.card(f"{model}-int8").parity
    assert parity["mean_cosine"] > 0.995
    assert parity["overlap_at_10"] > 0.9
    assert model_store.card(model).parity["overlap_at_10"] == 1


def test_a_chinese_encoder_is_compared_on_chinese_and_knows_its_characters(model_store, int8):
    card = model_store.card("bge-small-zh-v1.5-int8")
    assert card.parity["compared_on"] == "54 queries and 172 titles of Kindred's own"  # 30 + 24 and 104 + 68
    encoder = model_store.open_text(card.name)
    assert all(encoder.knows(character) for character in "登山鞋")
    assert not int8.knows("鞋")  # a few Chinese characters stand in the English vocabulary and mean nothing there
    assert encoder.knows("iphone")
    # The vocabulary has no capitals: "iPhone" would be an unknown word and mean what any other unknown word means.
    np.testing.assert_array_equal(encoder.encode_one("iPhone 手机壳"), encoder.encode_one("iphone 手机壳"))
    assert encoder.encode_one("Nike 鞋") @ encoder.encode_one("SONY 鞋") < 0.99


def test_no_texts_give_no_vectors(int8):
    assert int8.encode([]).shape == (0, 384)


def test_each_text_gets_its_own_vector_in_the_order_given(fp32):
    texts = ["sofa", TEXT, "", "a red summer dress " * 40, "milk"]
    together = fp32.encode(texts)
    for row, text in enumerate(texts):
        np.testing.assert_allclose(together[row], fp32.encode_one(text, "passage"), atol=1e-6)


def test_batch_mates_move_an_int8_vector_by_less_than_quantisation_does(int8, fp32):
    """int8 networks take one range of activations for a whole batch, so mates matter a little; never in fp32.

    Measured on titles: cosine 0.998 in the mean and 0.9965 at worst between a text alone and among others; the
    step from fp32 to int8 costs 0.997.
    """
    mates = [f"{word} {number} pack, assorted colours" for number in range(8) for word in ("bulb", "desk", "tyre")]
    alone = int8.encode_one(TEXT, "passage")
    among = int8.encode([TEXT, *mates, TEXT])
    assert among[0] @ alone > 0.99
    np.testing.assert_array_equal(among[0], among[-1])  # the same text in one batch, at another place
    np.testing.assert_allclose(fp32.encode([TEXT, *mates])[0], fp32.encode_one(TEXT, "passage"), atol=1e-6)


def test_vectors_do_not_depend_on_the_number_of_threads(model_store):
    texts = [f"{TEXT}, size {size}" * (1 + size % 3) for size in range(40)]
    one, four = (model_store.open_text("all-minilm-l6-v2-int8", threads=n).encode(texts) for n in (1, 4))
    np.testing.assert_array_equal(one, four)


def test_the_same_encoder_serves_many_threads_at_once(int8):
    texts = [f"product number {number}" for number in range(24)]
    expected = [int8.encode_one(text) for text in texts]
    found: dict[int, np.ndarray] = {}

    def work(part: int) -> None:
        for row in range(part, len(texts), 6):
            found[row] = int8.encode_one(texts[row])

    threads = [threading.Thread(target=work, args=(part,)) for part in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for row, vector in enumerate(expected):
        np.testing.assert_array_equal(found[row], vector)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \t\n",
        "?!…",
        "中文 商品 标题",
        "👟🧥 emoji",
        "null\x00 and bell\x07",
        "half a pair \ud83d of surrogates",
        "<script>alert(1)</script>",
        "a" * 5000,
    ],
)
def test_any_text_gets_a_vector(int8, text):
    vector = int8.encode_one(text)
    assert np.isfinite(vector).all()
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)


def test_a_text_of_two_megabytes_costs_what_its_beginning_costs(fp32):
    words = "sturdy oak table with drawers and brass handles "
    long = words * (2_000_000 // len(words))
    assert len(long) > 1_900_000
    started = time.process_time()
    vector = fp32.encode_one(long, "passage")
    assert time.process_time() - started < 2
    # 256 tokens are read; 400 repetitions of 9 words are more than that.
    np.testing.assert_allclose(vector, fp32.encode_one(words * 400, "passage"), atol=1e-6)


def test_memory_stays_flat_over_ten_thousand_texts(int8):
    texts = [f"{TEXT}, article {number}" for number in range(10_000)]
    process = psutil.Process()
    int8.encode(texts[:TEXTS_PER_WINDOW])
    before = process.memory_info().rss
    vectors = int8.encode(texts)
    grown = process.memory_info().rss - before - vectors.nbytes
    assert vectors.shape == (10_000, 384)
    # Tokens of all texts at once would be some 10,000 x 1.5 kB; one window of 2,048 is kept at a time.
    assert grown < 48 * 2**20


@given(
    st.lists(st.integers(min_value=2, max_value=600), max_size=200),
    st.integers(min_value=1, max_value=2000),
    st.integers(min_value=1, max_value=40),
)
def test_batches_hold_every_text_once_and_keep_their_budgets(lengths, tokens, texts):
    batches = list(batches_by_length(lengths, tokens=tokens, texts=texts))
    assert sorted(int(row) for rows in batches for row in rows) == list(range(len(lengths)))
    for rows in batches:
        longest = max(lengths[row] for row in rows)
        assert len(rows) == 1 or longest * len(rows) <= tokens
        assert len(rows) <= texts


def test_serving_needs_no_torch(model_store):
    """The interpreter that encodes must not have loaded torch: the serving install does not bring it."""
    program = (
        "import sys; from pathlib import Path; from encoders.store import ModelStore; import encoders.pictures\n"
        f"store = ModelStore(Path({str(model_store.root)!r}))\n"
        "store.open_text('all-minilm-l6-v2-int8', 1).encode(['a', 'b'])\n"
        "store.open_image('efficientnet-lite0-int8', 1)\n"
        "heavy = {'torch', 'transformers', 'onnx', 'sentence_transformers'} & set(sys.modules)\n"
        "sys.exit(f'loaded {heavy}' if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr

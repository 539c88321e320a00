"""Query vectors: cached, shared, bounded."""

from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeoutError
from threading import Event

import numpy as np
import pytest

from encoders.store import ModelStore
from encoders.text import TextEncoder
from plugin_bridge.searching import query_vectors
from plugin_bridge.searching.query_vectors import OverloadedError, QueryVectors
from tests.fixtures.tiny_models import TINY_TEXT


@pytest.fixture
def encoder(bridge_store: ModelStore) -> TextEncoder:
    return bridge_store.open_text(TINY_TEXT, threads=1)


def test_a_text_is_encoded_once(encoder: TextEncoder) -> None:
    vectors = QueryVectors(size=10, workers=2, max_chars=100)
    assert vectors.at_hand(encoder, "tent") is None
    first = vectors.vector(encoder, "tent", 10)
    np.testing.assert_array_equal(first, encoder.encode_one("tent"))
    assert vectors.at_hand(encoder, "tent") is first
    counts = vectors.counts()
    assert (counts.hits, counts.misses, counts.size) == (1, 1, 1)
    vectors.close()


def test_equal_texts_on_their_way_are_encoded_together(encoder: TextEncoder) -> None:
    vectors = QueryVectors(size=10, workers=2, max_chars=10_000)
    text = "a long text that takes a while " * 50
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda _: vectors.vector(encoder, text, 30), range(64)))
    assert vectors.counts().misses == 1
    assert all(one is found[0] for one in found)
    vectors.close()


def test_the_least_recently_used_goes_first(encoder: TextEncoder) -> None:
    vectors = QueryVectors(size=2, workers=1, max_chars=100)
    for text in ("one", "two", "one", "three"):
        vectors.vector(encoder, text, 10)
    assert vectors.at_hand(encoder, "two") is None
    assert vectors.at_hand(encoder, "one") is not None
    assert vectors.at_hand(encoder, "three") is not None
    vectors.close()


def test_texts_are_cut_before_they_are_encoded(encoder: TextEncoder) -> None:
    vectors = QueryVectors(size=10, workers=1, max_chars=4)
    cut = vectors.vector(encoder, "tent and much more", 10)
    np.testing.assert_array_equal(cut, encoder.encode_one("tent"))
    assert vectors.at_hand(encoder, "tent with a roof") is cut
    vectors.close()


def test_encoders_do_not_share_vectors(encoder: TextEncoder, bridge_store: ModelStore) -> None:
    other = bridge_store.open_text("all-minilm-l6-v2-int8", threads=1)
    vectors = QueryVectors(size=10, workers=1, max_chars=100)
    assert vectors.vector(encoder, "tent", 10).shape != vectors.vector(other, "tent", 10).shape
    vectors.forget({encoder.card.fingerprint})
    assert vectors.at_hand(encoder, "tent") is not None
    assert vectors.at_hand(other, "tent") is None
    vectors.close()


def test_a_queue_that_nobody_could_wait_for_is_refused_at_once(encoder: TextEncoder) -> None:
    vectors = QueryVectors(size=0, workers=1, max_chars=10_000)
    texts = [f"{place} " + "a long text that takes a while " * 300 for place in range(200)]
    with pytest.raises(OverloadedError, match="wait for encoding"):
        for text in texts:
            vectors.encode(encoder, text)
    vectors.close()


def test_waiting_ends_at_the_deadline_and_the_work_does_not(
    encoder: TextEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    vectors = QueryVectors(size=10, workers=1, max_chars=100)
    encode, may_go_on = encoder.encode_one, Event()

    def held(text: str) -> np.ndarray:
        may_go_on.wait(30)
        return encode(text)

    monkeypatch.setattr(encoder, "encode_one", held)
    with pytest.raises(FutureTimeoutError):
        vectors.vector(encoder, "tent", 0.01)
    may_go_on.set()
    assert vectors.vector(encoder, "tent", 30) is vectors.at_hand(encoder, "tent")
    assert vectors.counts().misses == 1
    vectors.close()


def test_what_the_encoder_raises_reaches_all_who_wait(encoder: TextEncoder, bridge_store: ModelStore) -> None:
    vectors = QueryVectors(size=10, workers=1, max_chars=100)
    with pytest.raises(TypeError):
        vectors.vector(encoder, 5, 10)  # type: ignore[arg-type]
    # Nothing of it is left behind.
    assert vectors.vector(encoder, "tent", 10) is not None
    vectors.close()
    with pytest.raises(OverloadedError, match="stopping"):
        vectors.encode(encoder, "another")


def test_a_quick_encoder_answers_in_the_callers_own_thread(
    encoder: TextEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(query_vectors, "AT_ONCE_SECONDS", 30)  # however busy this machine is
    vectors = QueryVectors(size=10, workers=1, max_chars=1000)
    assert vectors.at_once(encoder, "tent", 300) is None  # nobody knows yet how quick it is
    vectors.vector(encoder, "sofa", 30)
    found = vectors.at_once(encoder, "tent", 300)
    assert found is not None
    np.testing.assert_array_equal(found, encoder.encode_one("tent"))
    assert vectors.at_hand(encoder, "tent") is found
    assert vectors.at_once(encoder, "boots", 1e-6) is None  # too little time is left to risk it
    assert vectors.at_once(encoder, "boots " * 100, 300) is None
    vectors.close()

"""Image encoders: golden vectors and what happens to a picture before the network sees it."""

import numpy as np
import pytest

from encoders.errors import PictureError
from encoders.images import prepare

PAD = {"size": 224, "resize": "pad", "interpolation": "bicubic"}
# The largest components that torch gives for `pattern()` with the published weights, by their place.
GOLDEN = {113: 0.540316, 897: 0.319296, 468: 0.310472, 930: 0.26521, 747: 0.241104, 245: 0.175061}


def pattern() -> np.ndarray:
    """Red grows to the right, green downwards, blue is a chessboard of 8 x 8 fields."""
    down, right = np.mgrid[:224, :224]
    return np.stack([right, down, (right // 28 + down // 28) % 2 * 255], axis=-1).astype(np.uint8)


# fp32 differs from torch by the order of sums. int8 rounds each of 49 layers to 255 steps: 0.037 was measured at the
# worst of 1,280 components, and a cosine of 0.993.
@pytest.mark.parametrize(("suffix", "tolerance", "cosine"), [("", 5e-6, 0.999999), ("-int8", 0.06, 0.985)])
def test_golden_vectors(model_store, suffix, tolerance, cosine):
    encoder = model_store.open_image(f"efficientnet-lite0{suffix}", threads=1)
    vector = encoder.encode_one(pattern())
    assert vector.shape == (encoder.card.dimension,) == (1280,)
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)
    np.testing.assert_allclose(vector[list(GOLDEN)], list(GOLDEN.values()), atol=tolerance, rtol=0)
    exact = model_store.open_image("efficientnet-lite0", threads=1).encode_one(pattern())
    assert vector @ exact > cosine


def test_pictures_of_any_size_get_their_own_vectors_in_order(model_store):
    encoder = model_store.open_image("efficientnet-lite0-int8", threads=2)
    pictures = [pattern(), pattern()[::-1].copy(), pattern()[:100, :50].copy(), np.zeros((1, 1, 3), np.uint8)]
    together = encoder.encode(pictures)
    assert together.shape == (4, 1280)
    for vector, picture in zip(together, pictures, strict=True):
        np.testing.assert_array_equal(vector, encoder.encode_one(picture))
    assert encoder.encode([]).shape == (0, 1280)


def test_padding_keeps_the_shape_and_lays_white_around():
    tall = np.zeros((400, 100, 3), np.uint8)
    ready = prepare(tall, PAD)
    assert ready.shape == (224, 224, 3)
    # 100 of 400 is a quarter: 224 / 4 = 56 columns of picture, (224 - 56) / 2 = 84 of white on each side.
    assert (ready[:, :84] == 255).all()
    assert (ready[:, 84 : 84 + 56] == 0).all()
    assert (ready[:, 84 + 56 :] == 255).all()


def test_cropping_takes_the_middle_and_squashing_takes_all():
    wide = np.zeros((100, 300, 3), np.uint8)
    wide[:, 100:200] = 200
    # Bicubic samples reach a few pixels over the edge of what is cut out.
    assert (prepare(wide, {**PAD, "resize": "crop"})[:, 16:-16] == 200).all()
    squashed = prepare(wide, {**PAD, "resize": "squash"})
    assert squashed[112, 10].tolist() == [0, 0, 0]
    assert squashed[112, 112].tolist() == [200, 200, 200]


def test_a_picture_of_the_right_size_is_left_alone():
    np.testing.assert_array_equal(prepare(pattern(), PAD), pattern())


@pytest.mark.parametrize(
    "wrong",
    [np.zeros((4, 4, 3)), np.zeros((4, 4), np.uint8), np.zeros((4, 4, 4), np.uint8), np.zeros((0, 4, 3), np.uint8)],
)
def test_what_is_no_rgb_picture_is_refused(wrong):
    with pytest.raises(PictureError, match="must be uint8"):
        prepare(wrong, PAD)

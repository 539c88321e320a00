"""Colours as `efficientnet-lite0-stages` sees them, and the exported encoder against torch."""

import numpy as np
import pytest
import torch

from encoders.nets.stages import colours, efficientnet_lite0_stages


def picture(colour: tuple[int, int, int], ground: int = 255) -> np.ndarray:
    """A square of one colour in the middle of a light ground."""
    found = np.full((224, 224, 3), ground, np.uint8)
    found[64:160, 64:160] = colour
    return found


def seen(*pictures: np.ndarray) -> np.ndarray:
    with torch.inference_mode():
        return colours(torch.from_numpy(np.stack(pictures))).numpy()


def test_colours_are_shares_of_the_product_and_not_of_the_background():
    red, blue, red_on_grey_white = seen(picture((200, 0, 0)), picture((0, 0, 200)), picture((200, 0, 0), 250))
    assert np.square(red).sum() == pytest.approx(2, abs=0.05)  # shares of the whole and of the middle, each 1
    assert red @ blue < 0.1
    assert red @ red_on_grey_white > 1.9


def test_nearby_colours_are_alike():
    first, near, far = seen(picture((200, 30, 30)), picture((190, 40, 35)), picture((30, 160, 60)))
    assert first @ near > 1.8 > first @ far


def test_a_vector_has_length_one_and_three_parts_of_equal_length():
    net = efficientnet_lite0_stages()
    with torch.inference_mode():
        vector = net(torch.from_numpy(picture((200, 0, 0))[None])).numpy()[0]
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)
    parts = np.split(vector, [1280, len(vector) - 432])
    assert [float(np.square(part).sum()) for part in parts] == pytest.approx([1 / 3] * 3, abs=1e-4)

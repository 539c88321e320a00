"""Serving classes: calibrated probabilities that agree across the hierarchy, and the region that spoke for a class."""

import io

import numpy as np
import pytest
from PIL import Image

from encoders.cards import ModelCard, write_card
from encoders.errors import EncoderError, ModelDamagedError
from encoders.heads import Classifier, HeadCard, heat_png, open_classifier, probabilities, read_classes, write_classes
from encoders.store import ModelStore

FINE = HeadCard("fine", ("apple", "pear", "milk"), "coarse", (0, 0, 1), 2.0, 0.8)
COARSE = HeadCard("coarse", ("fruit", "dairy"), None, (), 1.0, None)


def softmax(values):
    return np.exp(values) / np.exp(values).sum()


def test_without_agreement_each_head_is_a_softmax_at_its_temperature_and_groups_are_sums():
    logits = [np.array([[2.0, 1.0, 0.0]]), np.array([[0.0, 3.0]])]
    found = probabilities(logits, Classifier((FINE, COARSE), agreement=0.0))
    expected = softmax(np.array([2.0, 1.0, 0.0]) / 2.0)
    np.testing.assert_allclose(found["fine"][0], expected)
    np.testing.assert_allclose(found["coarse"][0], [expected[0] + expected[1], expected[2]])


def test_what_the_coarse_head_thinks_moves_the_fine_one():
    logits = [np.array([[2.0, 1.0, 1.9]]), np.array([[0.0, 3.0]])]
    alone = probabilities(logits, Classifier((FINE, COARSE), agreement=0.0))["fine"][0]
    together = probabilities(logits, Classifier((FINE, COARSE), agreement=1.0))["fine"][0]
    assert (alone.argmax(), together.argmax()) == (0, 2)
    assert together.sum() == pytest.approx(1.0)


def test_a_head_without_a_parent_stands_alone():
    colour = HeadCard("colour", ("red", "blue"), None, (), 1.0, None)
    logits = [np.array([[0.0, 0.0, 9.0]]), np.array([[1.0, 0.0]]), np.array([[0.0, 1.0]])]
    found = probabilities(logits, Classifier((FINE, COARSE, colour)))
    np.testing.assert_allclose(found["colour"][0], softmax(np.array([0.0, 1.0])))


def test_classes_are_read_as_they_were_written(tmp_path):
    stated = Classifier((FINE, COARSE), mirrored=True, agreement=0.25)
    write_classes(tmp_path, stated)
    assert read_classes(tmp_path) == stated


@pytest.mark.parametrize("content", [None, "{", '{"heads": [{}]}', '{"mirrored": false}'])
def test_damaged_classes_are_refused_by_name(tmp_path, content):
    if content is not None:
        (tmp_path / "classes.json").write_text(content)
    with pytest.raises(ModelDamagedError, match=r"classes\.json"):
        read_classes(tmp_path)


def test_a_heat_map_is_a_png_that_glows_where_the_map_is_strong():
    pixels = np.full((64, 96, 3), 100, np.uint8)
    strength = np.zeros((4, 6), np.float32)
    strength[0, 0] = 5.0
    drawn = Image.open(io.BytesIO(heat_png(pixels, strength)))
    assert (drawn.format, drawn.size) == ("PNG", (96, 64))
    found = np.asarray(drawn.convert("RGB"))
    assert found[4, 4, 0] > 150  # red glows in the corner that spoke
    np.testing.assert_array_equal(found[60, 90], (100, 100, 100))


def test_a_map_without_anything_that_spoke_changes_nothing():
    pixels = np.full((8, 8, 3), 100, np.uint8)
    found = np.asarray(Image.open(io.BytesIO(heat_png(pixels, np.full((2, 2), -1.0)))))
    np.testing.assert_array_equal(found, pixels)


def test_an_encoder_without_classes_says_so(tmp_path):
    card = ModelCard("plain", "image", "1", 4, "mean", {}, (), "-", "-", "fp32", {}, "f" * 32)
    (tmp_path / "plain").mkdir()
    write_card(tmp_path / "plain", card)
    with pytest.raises(EncoderError, match="tells no classes apart"):
        open_classifier(ModelStore(tmp_path), "plain")

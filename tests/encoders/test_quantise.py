"""Steps on the way to int8: damping outliers, choosing photos, counting what a search loses."""

import math

import numpy as np
import onnx
import onnxruntime as ort
import pytest
from onnx import helper, numpy_helper
from PIL import Image

from encoders.errors import SourceError
from encoders.export.judgments import ndcg_at_10, read_judgments
from encoders.export.outliers import damp_outliers, damping_factors
from encoders.export.pictures import drawn, from_folder, photos_for_export


def test_only_channels_far_above_the_usual_are_damped():
    # The median peak is 2, so three times that is 6: 6 stays, 24 is divided by 24 / 6 = 4, 6.6 by 1.1 (1.125).
    peaks = np.array([1.0, 2.0, 2.0, 2.0, 6.0, 24.0, 6.6])
    assert damping_factors(peaks, 3).tolist() == [1, 1, 1, 1, 1, 4, 1.125]
    assert damping_factors(np.zeros(3), 3).tolist() == [1, 1, 1]


def network(tmp_path, weights: np.ndarray):
    """Two products that share one input, as query and key do."""
    float32 = onnx.TensorProto.FLOAT
    nodes = [helper.make_node("MatMul", ["x", name], [f"y{name}"]) for name in ("a", "b")]
    outputs = [helper.make_tensor_value_info(f"y{name}", float32, None) for name in ("a", "b")]
    stored = [numpy_helper.from_array(weights * sign, name) for name, sign in (("a", 1), ("b", -1))]
    inputs = [helper.make_tensor_value_info("x", float32, ["n", len(weights)])]
    graph = helper.make_graph(nodes, "g", inputs, outputs, stored)
    path = tmp_path / "network.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10), path)
    return path


def test_damping_moves_a_channel_into_the_weights_and_leaves_the_product(tmp_path):
    random = np.random.default_rng(0)
    weights = random.normal(size=(4, 3)).astype(np.float32)
    path = network(tmp_path, weights)
    calm = random.uniform(0.5, 1, (8, 4)).astype(np.float32)
    wild = calm * np.array([1, 1, 1, 40], np.float32)

    untouched = damp_outliers(path, [{"x": calm}])
    assert [node.op_type for node in untouched.graph.node] == ["MatMul", "MatMul"]

    damped = damp_outliers(path, [{"x": wild}])
    assert [node.op_type for node in damped.graph.node] == ["Mul", "MatMul", "MatMul"]
    moved = {tensor.name: numpy_helper.to_array(tensor) for tensor in damped.graph.initializer}
    np.testing.assert_array_equal(moved["a"][:3], weights[:3])
    assert (np.abs(moved["a"][3]) > 5 * np.abs(weights[3])).all()
    before, after = (
        ort.InferenceSession(model.SerializeToString()).run(None, {"x": wild}) for model in (onnx.load(path), damped)
    )
    for one, other in zip(before, after, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-5)


def test_photos_are_chosen_evenly_and_broken_ones_are_told(tmp_path):
    for number in range(60):
        Image.new("RGB", (8, 8), (number, 0, 0)).save(tmp_path / f"{number:02}.png")
    (tmp_path / "59.png").write_bytes(b"broken")
    (tmp_path / "notes.txt").write_text("no photo", encoding="utf-8")
    photos = from_folder(tmp_path, 30, "a test")
    assert [int(picture[0, 0, 0]) for picture in photos.pictures] == list(range(0, 60, 2))
    assert photos.source == "30 from a test"
    assert from_folder(tmp_path, 60, "a test").source == "59 from a test, 1 unreadable"


def test_too_few_photos_are_refused(tmp_path):
    with pytest.raises(SourceError, match="has 0 pictures that can be read; at least 20"):
        photos_for_export(tmp_path)


def test_drawn_pictures_are_the_same_every_time():
    first, second = drawn(3), drawn(3)
    for one, other in zip(first.pictures, second.pictures, strict=True):
        assert one.shape == (224, 224, 3)
        np.testing.assert_array_equal(one, other)
    assert "no photos were at hand" in first.source


def judged(folder, qrels: str):
    (folder / "queries.tsv").write_text("qid\tquery\nq1\tone\nq2\ttwo\n", encoding="utf-8")
    (folder / "products.jsonl").write_text(
        "".join(f'{{"id": "{name}", "title": "{name}"}}\n' for name in "abc"), encoding="utf-8"
    )
    (folder / "qrels.txt").write_text(qrels, encoding="utf-8")
    return read_judgments(folder)


def test_ndcg_is_that_of_the_contract(tmp_path):
    judgments = judged(tmp_path, "q1 0 a 3\nq1 0 b 1\nq2 0 c 0\n")
    products = np.eye(3)
    # The query finds b, then a, then c (unjudged). Gains 2^grade - 1: 1, 7, 0; at best 7, 1. q2 has no gain at all.
    queries = np.array([[0.5, 0.9, 0.1], [1.0, 0.0, 0.0]])
    found = 1 / math.log2(2) + 7 / math.log2(3)
    best = 7 / math.log2(2) + 1 / math.log2(3)
    assert ndcg_at_10(judgments, queries, products) == pytest.approx(found / best)


def test_judgments_that_cannot_be_read_or_judge_nothing_are_refused(tmp_path):
    with pytest.raises(SourceError, match="is not a folder of graded searches"):
        read_judgments(tmp_path)
    with pytest.raises(SourceError, match="no query has a product of grade 1 or more"):
        ndcg_at_10(judged(tmp_path, "q1 0 a 0\n"), np.eye(2, 3), np.eye(3))

"""A trained tagger as an ONNX file: linear maps of words, of the text's vector and of the photo's, added up.

Its original are the trained matrices themselves; the gate compares what onnxruntime makes of real products with what
numpy does.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from encoders.cards import MODEL_FILE, ModelCard, fingerprint_of, sha256_of, write_card
from encoders.export.parity import compare, judge
from encoders.tagger import OUTPUT, PHOTO, TEXT, WORD_IDS, WORD_WEIGHTS, Tagger, TagInputs

_OPSET = 17
_IR = 9


@dataclass(frozen=True)
class LinearTagger:
    """The matrices of a tagger with `outputs` logits.

    `words` (n-grams + 1, outputs): a row for each n-gram, the last one zero (padding). `text` (text dimension,
    outputs), `photo` (photo dimension, outputs), `bias` (outputs,).
    """

    words: np.ndarray
    text: np.ndarray
    photo: np.ndarray
    bias: np.ndarray

    def __call__(self, inputs: TagInputs) -> np.ndarray:
        """Return logits (n, outputs), calculated by numpy."""
        rows = zip(inputs.word_weights, inputs.word_ids, strict=True)
        counted = np.stack([weights @ self.words[ids] for weights, ids in rows])
        return counted + inputs.text @ self.text + inputs.photo @ self.photo + self.bias


def prove_and_card(
    tagger: LinearTagger, folder: Path, name: str, inputs: TagInputs, *, source: str, licence: str
) -> ModelCard:
    """Write the network into the folder of a model, pass the gate on real products, and write the card of all files.

    Raises ParityError where onnxruntime gives something else than the trained matrices.
    """
    write_tagger(tagger, folder / MODEL_FILE)
    files = {path.name: sha256_of(path) for path in sorted(folder.iterdir())}
    card = ModelCard(
        name=name,
        kind="tags",
        revision=files[MODEL_FILE][:12],
        dimension=len(tagger.bias),
        pooling="none",
        preprocessing={},
        languages=(),
        licence=licence,
        source=source,
        precision="fp32",
        files=files,
        fingerprint=fingerprint_of(files, {}),
    )
    measured = compare(tagger(inputs), Tagger(folder, card).logits(inputs), 0)
    measured["compared_on"] = f"{len(inputs)} labelled products"
    judge(card, measured)
    card = replace(card, parity=measured)
    write_card(folder, card)
    return card


def write_tagger(tagger: LinearTagger, path: Path) -> None:
    """Write the tagger as an ONNX file; the number of products and of n-grams is left open."""
    nodes = [
        helper.make_node("Gather", ["words", WORD_IDS], ["rows"]),
        helper.make_node("Unsqueeze", [WORD_WEIGHTS, "middle"], ["weights"]),
        helper.make_node("MatMul", ["weights", "rows"], ["one_row"]),
        helper.make_node("Squeeze", ["one_row", "middle"], ["counted"]),
        helper.make_node("MatMul", [TEXT, "text_map"], ["meant"]),
        helper.make_node("MatMul", [PHOTO, "photo_map"], ["seen"]),
        helper.make_node("Add", ["counted", "meant"], ["read"]),
        helper.make_node("Add", ["read", "seen"], ["all"]),
        helper.make_node("Add", ["all", "bias"], [OUTPUT]),
    ]
    single = TensorProto.FLOAT
    inputs = [
        helper.make_tensor_value_info(WORD_IDS, TensorProto.INT64, ["n", "t"]),
        helper.make_tensor_value_info(WORD_WEIGHTS, single, ["n", "t"]),
        helper.make_tensor_value_info(TEXT, single, ["n", tagger.text.shape[0]]),
        helper.make_tensor_value_info(PHOTO, single, ["n", tagger.photo.shape[0]]),
    ]
    outputs = [helper.make_tensor_value_info(OUTPUT, single, ["n", len(tagger.bias)])]
    constants: Mapping[str, np.ndarray] = {
        "words": tagger.words.astype(np.float32),
        "text_map": tagger.text.astype(np.float32),
        "photo_map": tagger.photo.astype(np.float32),
        "bias": tagger.bias.astype(np.float32),
        "middle": np.array([1], np.int64),
    }
    stored = [numpy_helper.from_array(value, name) for name, value in constants.items()]
    graph = helper.make_graph(nodes, "tagger", inputs, outputs, stored)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=_IR)
    onnx.checker.check_model(model)
    onnx.save(model, str(path))

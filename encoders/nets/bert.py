"""A torch BERT refilled from an ONNX file: some weights are published as ONNX only, and fine-tuning needs torch."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnx import numpy_helper

from encoders.errors import SourceError

_LAYER = re.compile(r"encoder\.layer\.(\d+)\.")


def bert_from_onnx(path: Path, *, heads: int, act: str = "gelu") -> Any:
    """Return a transformers `BertModel` (without its pooling layer) with the weights of an ONNX file.

    In files that torch's older exporter wrote, embeddings, norms and biases keep their names; the weights of matrix
    products are anonymous, and each is found by the name of its node (`/encoder/layer.0/attention/self/query/MatMul`)
    and lies transposed. The number of heads leaves no trace in the weights and must be given. Whether all this is
    right is proven by parity with the file itself, which the caller runs.

    Raises SourceError where the file does not hold a BERT in that layout.
    """
    from transformers import AutoModel, BertConfig

    weights = bert_weights(onnx.load(path))
    try:
        vocabulary, width = weights["embeddings.word_embeddings.weight"].shape
        layers = 1 + max(int(found[1]) for name in weights if (found := _LAYER.search(name)))
        config = BertConfig(
            vocab_size=vocabulary,
            hidden_size=width,
            num_hidden_layers=layers,
            num_attention_heads=heads,
            intermediate_size=weights["encoder.layer.0.intermediate.dense.bias"].shape[0],
            max_position_embeddings=weights["embeddings.position_embeddings.weight"].shape[0],
            type_vocab_size=weights["embeddings.token_type_embeddings.weight"].shape[0],
            hidden_act=act,
        )
    except (KeyError, ValueError) as error:
        raise SourceError(f"{path} does not hold a BERT that can be refilled: {error} is missing") from error
    net = AutoModel.from_config(config, attn_implementation="eager", add_pooling_layer=False)
    expected = {name for name in net.state_dict() if not name.endswith("position_ids")}
    missing = expected - set(weights)
    if missing:
        raise SourceError(f"{path} does not hold a whole BERT: {', '.join(sorted(missing)[:3])} missing")
    tensors = {name: torch.from_numpy(np.array(weights[name])) for name in expected}
    net.load_state_dict(tensors, strict=False)
    return net.eval()


def bert_weights(model: onnx.ModelProto) -> dict[str, np.ndarray]:
    """Return the weights of a BERT in an ONNX graph under the names that torch gives them."""
    stored = {tensor.name: tensor for tensor in model.graph.initializer}
    found = {name.removeprefix("bert."): numpy_helper.to_array(tensor) for name, tensor in stored.items()}
    for node in model.graph.node:
        if node.op_type == "MatMul" and node.input[1] in stored and node.name.endswith("/MatMul"):
            module = node.name.removesuffix("/MatMul").strip("/").replace("/", ".").removeprefix("bert.")
            found[f"{module}.weight"] = numpy_helper.to_array(stored[node.input[1]]).T
    return found

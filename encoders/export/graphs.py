"""From torch modules to ONNX files."""

import logging
import warnings
from collections.abc import Sequence
from pathlib import Path

import onnx
import torch
from torch import nn

# From opset 20 on, GELU is one operator; before, five that onnxruntime does not join for this exporter's graphs.
OPSET = 20
TEXT_INPUTS = ("input_ids", "attention_mask")
IMAGE_OUTPUT = "image_embedding"
TEXT_OUTPUT = "sentence_embedding"  # the name `embedding` clashes with names the exporter gives to lookups


def export_text(net: nn.Module, path: Path, *, longest: int) -> None:
    """Write a sentence encoder to `path`, batch size and number of tokens (2 to `longest`) left open."""
    ids = torch.full((3, 17), 7, dtype=torch.int64)
    mask = torch.ones_like(ids)
    mask[1, 9:] = 0
    batch = torch.export.Dim("batch", min=1, max=1 << 16)
    tokens = torch.export.Dim("tokens", min=2, max=longest)
    shapes = {name: {0: batch, 1: tokens} for name in TEXT_INPUTS}
    export_parts(net, (ids, mask), path, inputs=TEXT_INPUTS, outputs=(TEXT_OUTPUT,), shapes=shapes)


def export_image(net: nn.Module, path: Path, *, size: int, outputs: Sequence[str] = (IMAGE_OUTPUT,)) -> None:
    """Write an image encoder to `path`: input `pixels` uint8 (batch, size, size, 3), batch size left open.

    `outputs` names what the network returns, the vector first.
    """
    pixels = torch.zeros((2, size, size, 3), dtype=torch.uint8)
    shapes = {"pixels": {0: torch.export.Dim("batch", min=1, max=1 << 16)}}
    export_parts(net, (pixels,), path, inputs=("pixels",), outputs=outputs, shapes=shapes)


def export_parts(
    net: nn.Module,
    examples: tuple[torch.Tensor, ...],
    path: Path,
    *,
    inputs: Sequence[str],
    outputs: Sequence[str],
    shapes: dict,
) -> None:
    """Write a network with these named inputs and outputs; `shapes` says which dimensions are left open."""
    net.eval()  # on the outer module: a submodule's own eval() leaves dropout in the pooling head on
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            net,
            examples,
            dynamo=True,
            opset_version=OPSET,
            input_names=list(inputs),
            output_names=list(outputs),
            dynamic_shapes=shapes,
            verbose=False,
        )
    assert program is not None  # dynamo=True always returns a program
    model = program.model_proto
    onnx.save(without_traces(model), path)


def without_traces(model: onnx.ModelProto) -> onnx.ModelProto:
    """Drop what the exporter notes about its own source code: it names folders of the machine it ran on."""
    del model.metadata_props[:]
    for value in (*model.graph.input, *model.graph.output, *model.graph.value_info, *model.graph.initializer):
        del value.metadata_props[:]
    del model.graph.metadata_props[:]
    model.graph.doc_string = ""
    for graph_node in model.graph.node:
        graph_node.doc_string = ""
        del graph_node.metadata_props[:]
    return model

"""Boosted trees as an ONNX file: LightGBM's own dump, node by node, as one TreeEnsembleRegressor."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper

from encoders.errors import SourceError
from encoders.scorer import FEATURES, LOGIT

_OPSET, _ML_OPSET, _IR = 17, 3, 9
_LARGEST = float(np.finfo(np.float32).max)
_COLUMNS = (
    "nodes_treeids", "nodes_nodeids", "nodes_featureids", "nodes_values", "nodes_modes", "nodes_truenodeids",
    "nodes_falsenodeids", "nodes_missing_value_tracks_true", "nodes_hitrates", "target_treeids", "target_nodeids",
    "target_ids", "target_weights",
)  # fmt: skip


def export_trees(dump: Mapping[str, Any], path: Path) -> None:
    """Write the trees of LightGBM's `dump_model()` to `path`: float32 features (n, features) in, logits (n, 1) out.

    Raises SourceError for trees that split on categories, which Kindred does not make.
    """
    nodes: dict[str, list[Any]] = {name: [] for name in _COLUMNS}
    for number, tree in enumerate(dump["tree_info"]):
        _add(tree["tree_structure"], number, nodes, [0])
    width = int(dump["max_feature_idx"]) + 1
    stated: dict[str, Any] = {"n_targets": 1, "post_transform": "NONE", **nodes}
    node = helper.make_node("TreeEnsembleRegressor", [FEATURES], [LOGIT], domain="ai.onnx.ml", **stated)
    graph = helper.make_graph(
        [node],
        "trees",
        [helper.make_tensor_value_info(FEATURES, TensorProto.FLOAT, ["n", width])],
        [helper.make_tensor_value_info(LOGIT, TensorProto.FLOAT, ["n", 1])],
    )
    opsets = [helper.make_opsetid("", _OPSET), helper.make_opsetid("ai.onnx.ml", _ML_OPSET)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=_IR)
    onnx.checker.check_model(model)
    onnx.save(model, str(path))


def _add(found: Mapping[str, Any], tree: int, nodes: dict[str, list[Any]], counter: list[int]) -> int:
    number = counter[0]
    counter[0] += 1
    nodes["nodes_treeids"].append(tree)
    nodes["nodes_nodeids"].append(number)
    nodes["nodes_hitrates"].append(1.0)
    place = len(nodes["nodes_nodeids"]) - 1
    for name in ("nodes_featureids", "nodes_truenodeids", "nodes_falsenodeids", "nodes_missing_value_tracks_true"):
        nodes[name].append(0)
    nodes["nodes_values"].append(0.0)
    nodes["nodes_modes"].append("LEAF")
    if "leaf_value" in found:
        nodes["target_treeids"].append(tree)
        nodes["target_nodeids"].append(number)
        nodes["target_ids"].append(0)
        nodes["target_weights"].append(float(found["leaf_value"]))
        return number
    if found["decision_type"] != "<=":
        raise SourceError(f"trees that split by {found['decision_type']!r} cannot be exported")
    nodes["nodes_modes"][place] = "BRANCH_LEQ"
    nodes["nodes_featureids"][place] = int(found["split_feature"])
    nodes["nodes_values"][place] = _below(float(found["threshold"]))
    nodes["nodes_missing_value_tracks_true"][place] = int(_missing_left(found))
    nodes["nodes_truenodeids"][place] = _add(found["left_child"], tree, nodes, counter)
    nodes["nodes_falsenodeids"][place] = _add(found["right_child"], tree, nodes, counter)
    return number


def _below(threshold: float) -> float:
    """Return the largest float32 that is no larger than a threshold: float32 features then go the same way."""
    if abs(threshold) > _LARGEST:
        return float(np.copysign(_LARGEST, threshold))
    near = np.float32(threshold)
    return float(np.nextafter(near, np.float32(-np.inf)) if float(near) > threshold else near)


def _missing_left(found: Mapping[str, Any]) -> bool:
    """Whether NaN goes left. Where training saw none in a column, LightGBM takes it for 0."""
    if found["missing_type"] == "NaN":
        return bool(found["default_left"])
    return float(found["threshold"]) >= 0.0

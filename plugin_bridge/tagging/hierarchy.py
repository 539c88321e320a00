"""Category paths: one answer that is a path of the shop's own tree, cut where it gets unsure.

A tagger gives each known path a probability. A node's is the sum over all paths that run through it, so that a child's
never exceeds its parent's, and a path that the shop does not have can never come out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

Path = tuple[str, ...]


@dataclass(frozen=True)
class PathAnswer:
    """`path` is what is sure, cut where it gets unsure; empty where not even its first level is sure.

    `confidence` is the path's own (that of `best` where nothing is sure); `best` is the most probable whole path, with
    its confidence.
    """

    path: Path
    confidence: float
    best: Path
    best_confidence: float


class Tree:
    """The tree of a shop's category paths. `nodes` are all paths and their beginnings, parents before children."""

    def __init__(self, paths: Sequence[Path]) -> None:
        """Read the paths in the order of the tagger's classes; ValueError where one is empty or comes twice."""
        if len(set(paths)) != len(paths) or not all(paths):
            raise ValueError("category paths must be different and not empty")
        self.paths = tuple(paths)
        nodes = {path[: depth + 1] for path in paths for depth in range(len(path))}
        self.nodes: tuple[Path, ...] = tuple(sorted(nodes, key=lambda node: (len(node), node)))
        self._place = {node: place for place, node in enumerate(self.nodes)}
        self._runs_through = np.zeros((len(self.paths), len(self.nodes)))
        for row, path in enumerate(self.paths):
            for depth in range(len(path)):
                self._runs_through[row, self._place[path[: depth + 1]]] = 1.0

    def node_probabilities(self, probabilities: np.ndarray) -> np.ndarray:
        """Return the probabilities (..., nodes) of all nodes from those (..., paths) of the whole paths."""
        return probabilities @ self._runs_through

    def level(self, depth: int) -> tuple[Path, ...]:
        """Return the nodes at a depth (1: the top)."""
        return tuple(node for node in self.nodes if len(node) == depth)

    def below_parents(self, confidence: np.ndarray) -> np.ndarray:
        """Return confidences (nodes,) in which no child is surer than its parent."""
        kept = confidence.copy()
        for place, node in enumerate(self.nodes):
            if len(node) > 1:
                kept[place] = min(kept[place], kept[self._place[node[:-1]]])
        return kept

    def answer(self, probabilities: np.ndarray, confidence: np.ndarray, sure_from: Mapping[int, float]) -> PathAnswer:
        """Return the answer for one product.

        The most probable whole path is taken where it is sure; otherwise the way goes down to the most probable child
        while that is sure.

        Args:
            probabilities: those of the whole paths, (paths,).
            confidence: those of the nodes, calibrated, (nodes,).
            sure_from: the threshold of each depth; a depth without one is never sure.
        """
        best = self.paths[int(np.argmax(probabilities))]
        best_confidence = float(confidence[self._place[best]])
        if best_confidence >= sure_from.get(len(best), np.inf):
            return PathAnswer(best, best_confidence, best, best_confidence)
        sure: Path = ()
        while children := self._children(sure):
            likely = max(children, key=lambda node: confidence[self._place[node]])
            if confidence[self._place[likely]] < sure_from.get(len(likely), np.inf):
                break
            sure = likely
        reached = float(confidence[self._place[sure]]) if sure else best_confidence
        return PathAnswer(sure, reached, best, best_confidence)

    def _children(self, node: Path) -> list[Path]:
        return [child for child in self.nodes if len(child) == len(node) + 1 and child[: len(node)] == node]

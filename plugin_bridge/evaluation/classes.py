"""How well classes are told: accuracy, F1, calibration, and how many can be told with 95 % precision."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from plugin_bridge.errors import EvaluationError
from plugin_bridge.evaluation.statistics import mean_interval
from plugin_bridge.tagging.calibration import calibration_error, threshold_for


@dataclass(frozen=True)
class ClassScores:
    """What one head reaches on rows whose class is known.

    `ece` is the expected calibration error, `coverage_at_precision_95` the largest share of rows, surest first, of
    which 95 % are right. `sure` is the share that the model itself calls sure, `sure_precision` how many of them are
    right; both None where it has no threshold. `answers` and `truth` are row by row the places of classes, `right`
    says which of them agree; these are not written out.
    """

    examples: int
    accuracy: float
    ci95: tuple[float, float]
    f1_macro: float
    f1_micro: float
    ece: float
    coverage_at_precision_95: float
    sure: float | None = None
    sure_precision: float | None = None
    answers: np.ndarray = field(default_factory=lambda: np.empty(0, int), repr=False, compare=False)
    truth: np.ndarray = field(default_factory=lambda: np.empty(0, int), repr=False, compare=False)

    @property
    def right(self) -> np.ndarray:
        """Which answers are right, (rows,)."""
        return self.answers == self.truth

    def to_json(self) -> dict[str, Any]:
        """Return the scores under the names of the contract."""
        told = {name: value for name, value in vars(self).items() if name not in ("answers", "truth")}
        return {**told, "ci95": list(self.ci95)}


def class_scores(found: np.ndarray, truth: np.ndarray, sure_from: float | None = None) -> ClassScores:
    """Score probabilities (n, classes) against classes (n,), -1 being unknown and not counted.

    Macro-F1 is the mean over classes that occur in `truth` or are answered (scikit-learn's `f1_score`).

    Raises:
        EvaluationError: no row has a known class, or scikit-learn is not installed.
    """
    try:
        from sklearn.metrics import f1_score
    except ImportError as error:
        raise EvaluationError("evaluation needs scikit-learn: pip install 'kindred[evaluate]'") from error
    known = truth >= 0
    if not known.any():
        raise EvaluationError("no row to evaluate has a known class")
    probabilities, classes = found[known], truth[known]
    answers, confidence = probabilities.argmax(1), probabilities.max(1)
    right = answers == classes
    threshold = threshold_for(confidence, right)
    sure = confidence >= sure_from if sure_from is not None else None
    return ClassScores(
        examples=len(classes),
        accuracy=float(right.mean()),
        ci95=mean_interval(right.astype(float)),
        f1_macro=float(f1_score(classes, answers, average="macro")),
        f1_micro=float(f1_score(classes, answers, average="micro")),
        ece=float(calibration_error(confidence, right)),
        coverage_at_precision_95=0.0 if threshold is None else float((confidence >= threshold).mean()),
        sure=None if sure is None else float(sure.mean()),
        sure_precision=float(right[sure].mean()) if sure is not None and sure.any() else None,
        answers=answers,
        truth=classes,
    )

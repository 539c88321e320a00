"""Figures as people read them: the bridge names them in words joined by underlines. Free of Qt."""

from collections.abc import Callable
from datetime import date, timedelta

from desktop.i18n import formats, tr

_WORDS: dict[str, Callable[[], str]] = {
    "valid": lambda: tr("validation"),
    "test": lambda: tr("test"),
    "before": lambda: tr("before"),
    "judgments": lambda: tr("judgments"),
    "queries": lambda: tr("queries"),
    "pairs": lambda: tr("pairs"),
    "products": lambda: tr("products"),
    "examples": lambda: tr("examples"),
    "labels": lambda: tr("labels"),
    "inputs": lambda: tr("inputs"),
    "trials": lambda: tr("trials"),
    "loss": lambda: tr("loss"),
    "accuracy": lambda: tr("accuracy"),
    "precision": lambda: tr("precision"),
    "recall": lambda: tr("recall"),
    "coverage": lambda: tr("coverage"),
    "threshold": lambda: tr("threshold"),
    "seconds": lambda: tr("seconds"),
    "max": lambda: tr("largest"),
    "mean": lambda: tr("mean"),
    "worst": lambda: tr("worst"),
    "abs": lambda: tr("absolute"),
    "difference": lambda: tr("difference"),
    "cosine": lambda: tr("cosine"),
    "f1": lambda: "F1",
    "macro": lambda: tr("macro"),
    "rows": lambda: tr("rows"),
    "customers": lambda: tr("customers"),
    "items": lambda: tr("products"),
    "day": lambda: tr("day"),
    "seed": lambda: tr("seed"),
    "left out": lambda: tr("left out"),
    "val": lambda: tr("validation"),
    "score": lambda: tr("score"),
    "best epoch": lambda: tr("best epoch"),
    "epochs": lambda: tr("epochs"),
    "first": lambda: tr("first"),
    "last": lambda: tr("last"),
    "steps": lambda: tr("steps"),
    "adaptation": lambda: tr("adaptation"),
    "bi encoder": lambda: tr("bi-encoder"),
    "scorer": lambda: tr("scorer"),
    "cross": lambda: tr("cross-encoder"),
    "features": lambda: tr("features"),
    "together": lambda: tr("together"),
    "overlap at 10": lambda: tr("overlap of the first ten"),
    "metric": lambda: tr("metric"),
    "original": lambda: tr("original"),
    "exported": lambda: tr("exported"),
    "histories": lambda: tr("histories"),
    "largest": lambda: tr("largest"),
    "same decision": lambda: tr("same decision"),
    "held out": lambda: tr("held out"),
    "ndcg@10": lambda: "nDCG@10",
}


def figure_name(name: str) -> str:
    """Return the name of a figure in the user's language, as far as its words are known: valid_f1 is validation F1."""
    words, said = name.replace("_", " ").split(), []
    while words:
        known = next((count for count in (3, 2, 1) if " ".join(words[:count]) in _WORDS), 0)
        said.append(_WORDS[" ".join(words[:known])]() if known else words[0])
        words = words[known or 1 :]
    return " ".join(said)


def figure_value(name: str, value: float) -> str:
    """Return a figure: a day as a date, a count in whole, anything else in four digits."""
    if name == "day":
        return (date(1970, 1, 1) + timedelta(days=int(value))).isoformat()
    return formats.number(value) if value.is_integer() and abs(value) >= 2 else f"{value:.4g}"

"""One thing that the preflight looked at."""

from dataclasses import dataclass
from typing import Literal

Loss = Literal["everything", "loading", "drop-in", "native", "nothing"]


@dataclass(frozen=True)
class Finding:
    """What was looked at, what was seen and, where it is not right, what that costs and how to mend it.

    `loss` is what cannot be used while it is not right; `nothing` marks advice.
    """

    name: str
    ok: bool
    detail: str
    cost: str = ""
    mend: str = ""
    loss: Loss = "nothing"


def fine(name: str, detail: str, loss: Loss = "nothing") -> Finding:
    """Return a finding of something that is right."""
    return Finding(name, True, detail, loss=loss)


def lacking(name: str, detail: str, loss: Loss, cost: str, mend: str) -> Finding:
    """Return a finding of something that is not right."""
    return Finding(name, False, detail, cost, mend, loss)

"""What the user may say about an export."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from encoders.export.judgments import Judgments


@dataclass(frozen=True)
class Options:
    """How an export is proven and told.

    `photos` is a folder of photos that calibrate and prove an image encoder; `judgments` a search folder whose
    metric a text encoder must keep; `report` is told each step.
    """

    photos: Path | None = None
    judgments: Judgments | None = None
    report: Callable[[str], None] = lambda step: None

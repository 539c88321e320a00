"""Make models of the store, by name or from a folder, and compare one again with its original."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from encoders.cards import INT8_SUFFIX, ModelCard, Precision
from encoders.errors import SourceError
from encoders.export.folders import text_folder
from encoders.export.image import install_image, prove_image, torch_vectors
from encoders.export.options import Options
from encoders.export.parity import judge
from encoders.export.pictures import photos_for_export
from encoders.export.sources import (
    ImageSource,
    TextSource,
    bge_small_en,
    bge_small_zh,
    efficientnet_lite0,
    minilm,
    multilingual_e5_small,
)
from encoders.export.stages import NAME as STAGES
from encoders.export.stages import stages
from encoders.export.text import install_text, originals, prove_text
from encoders.shipped import SHIPPED
from encoders.store import ModelStore

TEXT_MODELS: Mapping[str, Callable[[], TextSource]] = {
    "all-minilm-l6-v2": minilm,
    "bge-small-en-v1.5": bge_small_en,
    "bge-small-zh-v1.5": bge_small_zh,
    "multilingual-e5-small": multilingual_e5_small,
}
IMAGE_MODELS: Mapping[str, Callable[[], ImageSource]] = {"efficientnet-lite0": efficientnet_lite0, STAGES: stages}
# Its parts are pooled at every stage, and int8's error adds up over them: fp32 alone.
FP32_ONLY = frozenset({STAGES})
BOTH: Sequence[Precision] = ("fp32", "int8")


def export_model(
    name: str, store: ModelStore, options: Options | None = None, *, precisions: Sequence[Precision] = BOTH
) -> list[ModelCard]:
    """Make a model that Kindred knows and return the cards made.

    NAME makes it at each of `precisions`, NAME-int8 the int8 one alone. Raises SourceError for what cannot be had
    and ParityError for what differs too much from its original; the store is then as it was.
    """
    options = options or Options()
    base = name.removesuffix(INT8_SUFFIX)
    if base != name:
        precisions = ("int8",)
    options.report(f"loading {base}")
    if base in TEXT_MODELS:
        return install_text(TEXT_MODELS[base](), store, precisions, options)
    if base in IMAGE_MODELS:
        if base in FP32_ONLY:
            precisions = ("fp32",)
        return install_image(IMAGE_MODELS[base](), store, precisions, options)
    raise SourceError(
        f"no recipe for a model {name!r}; there are {', '.join(SHIPPED)}, and any model folder by its path"
    )


def export_folder(
    folder: Path,
    store: ModelStore,
    *,
    name: str | None = None,
    precisions: Sequence[Precision] = BOTH,
    options: Options | None = None,
    **stated: Any,
) -> list[ModelCard]:
    """Make a text encoder from a sentence-transformers or BERT folder; `stated` goes to `text_folder`."""
    options = options or Options()
    chosen = name or folder.resolve().name.lower()
    store.folder(chosen)  # refuses a name that no model can have, before any work is done
    options.report(f"loading {folder}")
    return install_text(text_folder(folder, name=chosen, **stated), store, precisions, options)


def compare_again(
    card: ModelCard, store: ModelStore, options: Options | None = None, folder: Path | None = None
) -> dict[str, Any]:
    """Pass an installed model through the gate again and return what was measured.

    `folder` is the original of a model that came from a folder. Raises ParityError where it no longer passes and
    SourceError where the original is not known.
    """
    options = options or Options()
    base = card.name.removesuffix(INT8_SUFFIX)
    if base in IMAGE_MODELS:
        photos = photos_for_export(options.photos)
        original = torch_vectors(IMAGE_MODELS[base](), photos.pictures[1::2])
        measured = prove_image(original, store.open_image(card.name), photos)
    elif folder is not None or base in TEXT_MODELS:
        source = text_folder(folder, name=base) if folder is not None else TEXT_MODELS[base]()
        measured = prove_text(originals(source, options), store.open_text(card.name), options)
    else:
        raise SourceError(f"{card.name} was made from a {card.source}: name that folder to compare with it")
    judge(card, measured)
    return measured

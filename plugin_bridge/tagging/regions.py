"""Evidence in the photo: a picture of which region spoke for a category, where a trained photo classifier knows it."""

import re
from dataclasses import replace
from pathlib import Path

from encoders.errors import EncoderError, PictureError
from encoders.heads import CLASSES_FILE, PhotoClassifier, open_classifier
from encoders.pictures import load_picture
from encoders.store import ModelStore
from plugin_bridge.loading.photos import LONGEST_SIDE
from plugin_bridge.tagging.engine import TaggedInput
from plugin_bridge.tagging.suggesting import CATEGORY, ProductSuggestions, Suggestion, split_path


def trained_classifier(store: ModelStore, threads: int) -> PhotoClassifier:
    """Open the store's first trained photo classifier; EncoderError where there is none."""
    for name in store.names():
        if (store.folder(name) / CLASSES_FILE).is_file():
            return open_classifier(store, name, threads)
    raise EncoderError("regions need a trained photo classifier; `kindred train images` makes one")


def region_of(photo: Path, value: str, classifier: PhotoClassifier) -> bytes | None:
    """Return a PNG of the photo on which what spoke for a category glows; None for one that the classifier knows not.

    A class-activation map (Zhou et al., Learning deep features for discriminative localization, CVPR 2016).

    Raises:
        PictureError: the photo cannot be read.
    """
    name = _class_of(value, classifier)
    if name is None:
        return None
    return classifier.region(load_picture(photo, name=str(photo), longest=LONGEST_SIDE), name)


def with_regions(
    product: TaggedInput, found: ProductSuggestions, classifier: PhotoClassifier, folder: Path
) -> ProductSuggestions:
    """Return the suggestions with the path of a PNG for each category that the classifier knows; written to `folder`.

    A photo that cannot be read has no region.
    """
    photo = product.photo
    if photo is None:
        return found

    def shown(one: Suggestion) -> Suggestion:
        try:
            region = region_of(Path(photo), one.value, classifier) if one.field == CATEGORY else None
        except PictureError:
            return one
        if region is None:
            return one
        folder.mkdir(parents=True, exist_ok=True)
        name = _class_of(one.value, classifier)
        path = folder / (re.sub(r"[^\w.-]+", "-", f"{product.id}-{name}")[:120] + ".png")
        path.write_bytes(region)
        return replace(one, evidence={**one.evidence, "region": str(path)})

    return replace(found, suggestions=tuple(shown(one) for one in found.suggestions))


def _class_of(value: str, classifier: PhotoClassifier) -> str | None:
    """Return the class that a category means: the whole path, else its deepest part that is known."""
    known = {name.casefold(): name for name in classifier.heads[0].classes}
    names = [value.casefold(), *(part.casefold() for part in reversed(split_path(value)))]
    return next((known[name] for name in names if name in known), None)

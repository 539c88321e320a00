"""Evidence in the photo: a picture of which region spoke for a category, where a trained photo classifier knows it."""

import re
from dataclasses import replace
from pathlib import Path

from encoders.errors import PictureError
from encoders.heads import PhotoClassifier
from encoders.pictures import load_picture
from plugin_bridge.loading.photos import LONGEST_SIDE
from plugin_bridge.tagging.engine import TaggedInput
from plugin_bridge.tagging.suggesting import CATEGORY, ProductSuggestions, Suggestion, split_path


def with_regions(
    product: TaggedInput, found: ProductSuggestions, classifier: PhotoClassifier, folder: Path
) -> ProductSuggestions:
    """Return the suggestions with the path of a PNG for each category that the classifier knows; written to `folder`.

    A class-activation map (Zhou et al., Learning deep features for discriminative localization, CVPR 2016).
    """
    if product.photo is None:
        return found
    try:
        picture = load_picture(product.photo, name=str(product.photo), longest=LONGEST_SIDE)
    except PictureError:
        return found  # without a photo that can be read there is no region
    known = {name.casefold(): name for name in classifier.heads[0].classes}

    def shown(one: Suggestion) -> Suggestion:
        names = [one.value.casefold(), *(part.casefold() for part in reversed(split_path(one.value)))]
        name = next((known[name] for name in names if name in known), None)
        if one.field != CATEGORY or name is None:
            return one
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / (re.sub(r"[^\w.-]+", "-", f"{product.id}-{name}")[:120] + ".png")
        path.write_bytes(classifier.region(picture, name))
        return replace(one, evidence={**one.evidence, "region": str(path)})

    return replace(found, suggestions=tuple(shown(one) for one in found.suggestions))

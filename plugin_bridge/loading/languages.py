"""Which text encoder a new generation gets, from the language of the catalogue or from what the user says."""

from collections.abc import Mapping
from itertools import islice
from pathlib import Path

from plugin_bridge.catalogue.cleaning import Product
from plugin_bridge.catalogue.languages import LANGUAGES, Language, language_of
from plugin_bridge.errors import LoadError
from plugin_bridge.loading.source import ProductFile
from plugin_bridge.settings import Settings

AUTO = "auto"
# So many rows are looked at.
ROWS_LOOKED_AT = 1000
# English is what the setting's default reads. Chosen by measurement: docs/decisions/chinese.md.
ENCODERS: Mapping[Language, str] = {"zh": "bge-small-zh-v1.5-int8", "many": "multilingual-e5-small-int8"}


def encoder_for(file: Path, language: str, settings: Settings, *, encoding: str | None = None) -> str:
    """Return the name of the text encoder for a catalogue.

    `language` is one of `LANGUAGES`, or `auto` to tell it from the file's first rows. An encoder that the environment
    names (`KINDRED_TEXT_MODEL`) is taken whatever the language is, and a file that is not there is left to the load.

    Raises LoadError for another language, CatalogueError where the file cannot be read.
    """
    if language != AUTO and language not in LANGUAGES:
        raise LoadError(f"--language {language}: choose {AUTO}, {', '.join(LANGUAGES)}")
    if "text_model" in settings.model_fields_set or not file.is_file():
        return settings.text_model
    chosen = language_of_file(file, encoding=encoding) if language == AUTO else language
    return next((name for reads, name in ENCODERS.items() if reads == chosen), settings.text_model)


def language_of_file(file: Path, *, encoding: str | None = None) -> Language:
    """Return the language of a product file, told from its first rows."""
    rows = islice(ProductFile(file, encoding=encoding).outcomes(), ROWS_LOOKED_AT)
    return language_of(product.text for product in rows if isinstance(product, Product))

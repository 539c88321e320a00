"""Texts in the user's language: English in the source, other languages in catalogues beside this file.

`tr("{count} results", count=5)` looks the English text up and fills the places in. A catalogue is JSON,
`{English: translation}`; a test holds it against every `tr` in the source. Free of Qt, so that presenters can use it.
"""

import json
import locale
import os
from functools import cache
from pathlib import Path

LANGUAGES = {"en": "English", "zh_CN": "简体中文"}
FOLDER = Path(__file__).parent
_chosen = "en"


def choose(language: str) -> None:
    """Use a language from now on; texts that are shown already stay as they are."""
    global _chosen
    _chosen = language if language in LANGUAGES else "en"


def chosen() -> str:
    """Return the language in use."""
    return _chosen


def tr(text: str, /, **values: object) -> str:
    """Return a text in the language in use, its `{places}` filled in."""
    found = catalogue(_chosen).get(text, text)
    return found.format(**values) if values else found


def of_system() -> str:
    """Return the language of the system, English where we have none for it."""
    names = [os.environ.get(name, "") for name in ("LC_ALL", "LC_MESSAGES", "LANG")]
    name = next((one for one in names if one), "") or (locale.getlocale()[0] or "")
    return "zh_CN" if name.lower().replace("-", "_").startswith(("zh_cn", "zh_hans", "zh_sg", "chinese")) else "en"


@cache
def catalogue(language: str) -> dict[str, str]:
    """Return the translations into a language."""
    file = FOLDER / f"{language}.json"
    return dict(json.loads(file.read_text(encoding="utf-8"))) if file.exists() else {}

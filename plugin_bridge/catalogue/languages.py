"""Which languages a catalogue is in, told from the writing of its texts: it decides which encoder reads them.

Only the encoder depends on it. The analyser of product text reads English and Chinese in one field
(docs/decisions/chinese.md).
"""

import re
from collections.abc import Iterable
from typing import Literal

Language = Literal["en", "zh", "many"]
LANGUAGES: tuple[Language, ...] = ("en", "zh", "many")

_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
# Kana, Hangul, Cyrillic, Greek, Arabic, Hebrew, Indic, Thai: no encoder of one language reads these.
_OTHER = re.compile(r"[\u3040-\u30ff\uac00-\ud7af\u0370-\u052f\u0590-\u06ff\u0900-\u0e7f]")
_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f]")
# A Chinese title often holds a brand and a model number in Latin letters, an English one hardly a Chinese character.
CHINESE_SHARE = 0.2
# So many of the texts must be in a writing before it counts for the catalogue.
COUNTS = 0.05
# From this share of Chinese texts on, the Chinese encoder, which reads English too, ranks better on the whole than the
# multilingual one (docs/decisions/chinese.md); below, the multilingual one does.
CHINESE_ENOUGH = 0.25


def language_of(texts: Iterable[str]) -> Language:
    """Return `en`, `zh` (Chinese, and English between it) or `many`.

    Latin letters count as English: which of the languages that use them it is, writing does not tell. Texts without
    letters are passed over.
    """
    kinds = [kind for text in texts if (kind := _writing(text)) is not None]
    if not kinds:
        return "en"
    chinese, other = (kinds.count(kind) / len(kinds) for kind in ("zh", "many"))
    if other >= COUNTS:
        return "many"
    if chinese >= CHINESE_ENOUGH:
        return "zh"
    return "many" if chinese >= COUNTS else "en"


def _writing(text: str) -> Language | None:
    other = len(_OTHER.findall(text))
    han, latin = len(_HAN.findall(text)), len(_LATIN.findall(text))
    if other and other >= CHINESE_SHARE * (other + han + latin):
        return "many"
    if han and han >= CHINESE_SHARE * (han + latin):
        return "zh"
    return "en" if latin else None

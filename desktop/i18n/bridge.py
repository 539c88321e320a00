"""What the bridge says, in the user's language.

The bridge speaks English: errors, notes, progress. `told` recognises its sentences by a phrasebook beside this file,
`{English with numbered {0} places: translation}`, and says them in the language in use. What the phrasebook does not
know, such as a sentence of a newer bridge, stays as it is. A test holds the phrasebook against the bridge's source.
"""

import json
import re
from collections.abc import Callable
from functools import cache

from desktop import i18n

_PLACE = re.compile(r"\{(\d+)\}")
_PREFIXED = re.compile(r"(?P<name>[^\s:][^:]{0,60}): (?P<rest>.+)", re.DOTALL)

_Phrase = tuple[re.Pattern[str], str]


def told(text: str) -> str:
    """Return a sentence of the bridge in the language in use; sentences inside it are translated too."""
    known = _phrases(i18n.chosen())
    if not text or not known:
        return text
    found = next(((match, other) for pattern, other in known if (match := pattern.fullmatch(text))), None)
    if found is not None:
        match, other = found
        return _filled(other, lambda place: told(match[f"p{place}"]))
    # A field's or a file's name may stand before the sentence.
    prefixed = _PREFIXED.fullmatch(text)
    if prefixed is not None and (rest := told(prefixed["rest"])) != prefixed["rest"]:
        return f"{prefixed['name']}：{rest}" if i18n.chosen() == "zh_CN" else f"{prefixed['name']}: {rest}"
    return text


@cache
def phrasebook(language: str) -> dict[str, str]:
    """Return the sentences of the bridge that are known in a language, by their English."""
    file = i18n.FOLDER / f"bridge_{language}.json"
    return dict(json.loads(file.read_text(encoding="utf-8"))) if file.exists() else {}


@cache
def _phrases(language: str) -> tuple[_Phrase, ...]:
    """Return patterns and translations; what says most in its own words is tried first."""
    phrases = phrasebook(language).items()
    in_order = sorted(phrases, key=lambda phrase: len(_PLACE.sub("", phrase[0])), reverse=True)
    return tuple((_pattern(english), other) for english, other in in_order)


def _pattern(english: str) -> re.Pattern[str]:
    parts = _PLACE.split(english)  # words, place, words, place, ...
    either = (f"(?P<p{part}>.*?)" if at % 2 else re.escape(part) for at, part in enumerate(parts))
    return re.compile("".join(either), re.DOTALL)


def _filled(other: str, value: Callable[[str], str]) -> str:
    return _PLACE.sub(lambda place: value(place[1]), other)

"""Product text as people read it: no markup, one Unicode form, one space between words."""

import html
import re
import unicodedata
from enum import Flag, auto


class Mended(Flag):
    """What cleaning changed in a text."""

    NOTHING = 0
    HTML = auto()
    UNICODE = auto()
    CONTROL = auto()
    SPACE = auto()


_INLINE = "a|abbr|b|bdi|bdo|big|cite|code|del|dfn|em|font|i|ins|kbd|label|mark|q|s|samp|small|span|strike|strong|sub|sup|tt|u|var"  # noqa: E501
_BLOCK = (
    "address|article|aside|audio|blockquote|body|br|button|caption|center|col|colgroup|dd|div|dl|dt|fieldset|figcaption|"
    "figure|footer|form|h[1-6]|head|header|hr|html|iframe|img|input|li|link|main|meta|nav|object|ol|option|p|param|"
    "picture|pre|section|select|source|svg|table|tbody|td|textarea|tfoot|th|thead|title|tr|ul|video|wbr|script|style|"
    "noscript|template"
)
# `[^<>]` keeps the search linear, and `x < y > z` or `<3` is no tag.
_INLINE_TAG = re.compile(rf"</?(?:{_INLINE})(?:\s[^<>]*)?/?>", re.IGNORECASE)
_BLOCK_TAG = re.compile(rf"</?(?:{_BLOCK})(?:\s[^<>]*)?/?>", re.IGNORECASE)
_HIDDEN = (
    (re.compile(r"<!--"), "-->"),
    (re.compile(r"<script\b", re.I), "</script"),
    (re.compile(r"<style\b", re.I), "</style"),
)
# Text without any of these is clean already, which most text is.
_SUSPECT = re.compile(r"[<&\x00-\x1f\x7f]|[^\x00-\x7f]|  |\A | \Z")
# C0 and C1 controls that are no white space, invisible joiners and marks, halves of surrogate pairs. U+200D stays:
# it holds emoji together; U+200C too: Persian needs it.
_CONTROL = re.compile("[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u200b\u2060\ufeff\ud800-\udfff]")
_FRACTION = re.compile(r"(?<=\d)(?=[\u00bc-\u00be\u2150-\u215e])")


def clean_text(text: str) -> tuple[str, Mended]:
    """Return `text` without tags, entities and control characters, in NFKC, with single spaces; and what changed.

    Text inside `<script>`, `<style>` and comments goes with them. Time is linear in the length.
    """
    if not _SUSPECT.search(text):
        return text, Mended.NOTHING
    mended = Mended.NOTHING
    if "&" in text or "<" in text:
        plain = without_markup(text)
        mended |= Mended.HTML if plain != text else Mended.NOTHING
        text = plain
    plain = _CONTROL.sub("", text)
    mended |= Mended.CONTROL if plain != text else Mended.NOTHING
    text = plain
    if not text.isascii() and not unicodedata.is_normalized("NFKC", text):
        # 5½ must not become 51/2.
        text = unicodedata.normalize("NFKC", _FRACTION.sub(" ", text)).replace("\u2044", "/")
        mended |= Mended.UNICODE
    plain = " ".join(text.split())
    mended |= Mended.SPACE if plain != text else Mended.NOTHING
    return plain, mended


def without_markup(text: str) -> str:
    """Return `text` with entities decoded and HTML tags taken out, also where the tags were escaped themselves."""
    text = html.unescape(html.unescape(text)) if "&" in text else text
    if "<" not in text:
        return text
    for opening, closing in _HIDDEN:
        text = _without_blocks(text, opening, closing)
    return _INLINE_TAG.sub("", _BLOCK_TAG.sub(" ", text))


def _without_blocks(text: str, opening: re.Pattern[str], closing: str) -> str:
    """Cut out all that stands between `opening` and `closing`; a block that never closes runs to the end."""
    if not opening.search(text):
        return text
    lowered = text.lower() if len(text.lower()) == len(text) else text
    kept, position = [], 0
    while found := opening.search(text, position):
        kept.append(text[position : found.start()])
        end = lowered.find(closing, found.end())
        if end < 0:
            position = len(text)
            break
        close = end + len(closing) if closing == "-->" else text.find(">", end) + 1 or len(text)
        position = close
    kept.append(text[position:])
    return " ".join(kept)

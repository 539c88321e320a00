"""The phrasebook knows every sentence that the bridge and its jobs say to people, and nothing that they do not say."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop import i18n
from desktop.i18n.bridge import phrasebook, told

ROOT = Path(i18n.__file__).parents[2]
OTHERS = [language for language in i18n.LANGUAGES if language != "en"]
# What only the command line says: the desktop neither loads files nor adopts an index nor makes tokens.
COMMAND_LINE = ("cli", "adopting", "loading", "catalogue", "client.py", "tokens.py", "binding.py", "service/server.py")
SAYS = {"_wrong": 1, "Conflict": 1, "Refused": 1, "say": 0, "report": 0, "progress": 2}  # the argument that is one
EVENTS = ("step", "message")  # of a training's progress, which hold a sentence
MISTAKES = {"KeyError", "TypeError", "ValueError", "RuntimeError", "ConnectionError", "ConnectionResetError",
            "LinAlgError", "NotImplementedError"}  # fmt: skip
_PLACE = re.compile(r"\{\d+\}")


def sources(without: tuple[str, ...] = ()) -> Iterator[ast.Module]:
    for package in ("plugin_bridge", "opensearch", "encoders"):
        for file in sorted((ROOT / package).rglob("*.py")):
            if not file.relative_to(ROOT).as_posix().startswith(tuple(f"plugin_bridge/{one}" for one in without)):
                yield ast.parse(file.read_text(encoding="utf-8"))


def template(node: ast.expr) -> str:
    """Return a text with its places numbered, empty where it is none."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    if not isinstance(node, ast.JoinedStr):
        return ""
    places = iter(range(len(node.values)))
    return "".join(str(part.value) if isinstance(part, ast.Constant) else f"{{{next(places)}}}" for part in node.values)


def sentences() -> set[str]:
    """Return what errors and the calls that speak to people say, each as a template."""
    found = set()
    for source in sources(without=COMMAND_LINE):
        for node in ast.walk(source):
            if isinstance(node, ast.Dict):
                keys = (key.value if isinstance(key, ast.Constant) else None for key in node.keys)
                found |= {template(one) for key, one in zip(keys, node.values, strict=True) if key in EVENTS}
            if not isinstance(node, ast.Call) or not node.args:
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            fails = name.endswith(("Error", "Failed")) and name not in MISTAKES
            said = node.args[:2] if fails else node.args[SAYS[name] :][:1] if name in SAYS else ()
            found |= {template(one) for one in said}
    return {one for one in found if is_sentence(one)}


def is_sentence(text: str) -> bool:
    return " " in text and sum(map(str.isalpha, text)) >= 8


@pytest.mark.parametrize("language", OTHERS)
def test_every_sentence_of_the_bridge_is_translated(language: str) -> None:
    assert sentences() - set(phrasebook(language)) == set()


@pytest.mark.parametrize("language", OTHERS)
def test_the_phrasebook_holds_only_what_is_said(language: str) -> None:
    texts = {
        node.value
        for source in sources()
        for node in ast.walk(source)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    spoken = "\0".join(texts)
    for english, other in phrasebook(language).items():
        assert set(_PLACE.findall(english)) == set(_PLACE.findall(other)), english
        for words in _PLACE.split(english):
            assert words.strip(" .:;") in spoken, f"nothing says “{words}” of “{english}”"


def test_places_are_filled_in_and_sentences_inside_are_translated() -> None:
    i18n.choose("zh_CN")
    assert told("there is no product '7' in products-g001") == "products-g001 中没有商品 '7'"
    assert told("photo.heic: this is an SVG drawing, which is not read; send JPEG, PNG") == (
        "photo.heic：这是 SVG 图形，不能读取；请发送 JPEG, PNG"
    )
    assert told("size: the index took no writes for 60 s: disk full") == "size：索引已有 60 秒不接受写入：disk full"


def test_what_is_not_known_stays_as_it_is() -> None:
    i18n.choose("zh_CN")
    assert told("a sentence of tomorrow") == "a sentence of tomorrow"
    assert told("") == ""
    i18n.choose("en")
    assert told("there is no rule 7") == "there is no rule 7"

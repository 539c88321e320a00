"""From row to product."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from opensearch.mappings import METADATA_FIELDS
from plugin_bridge.catalogue.cleaning import LONGEST_ID, Product, Rejected, clean
from plugin_bridge.catalogue.readers import BadRow, Row
from plugin_bridge.catalogue.recipes import embedding_text
from plugin_bridge.catalogue.report import CleaningReport
from plugin_bridge.errors import LoadError


def product(**data: object) -> Product:
    made = clean(Row(1, {"id": "1", "title": "Mug", **data}))
    assert isinstance(made, Product)
    return made


def test_a_whole_product() -> None:
    made = clean(
        Row(
            7,
            {
                "id": 42,
                "title": "  Caf&eacute;  <b>mug</b> ",
                "brand": "Höganäs",
                "category": ["Home", "Kitchen", ["Mugs"]],
                "price": "£1,299.00",
                "color": "red",
                "tags": "gift|coffee",
                "image": " photos/1.jpg ",
                "weight": "1.5 kg",
                "stock": 3,
                "vegan": True,
                "size": {"eu": 42},
                "nothing": None,
                "blank": "",
            },
        )
    )
    assert isinstance(made, Product)
    assert made.fields == {
        "id": "42",
        "title": "Café mug",
        "brand": "Höganäs",
        "category": ["Home", "Kitchen", "Mugs"],
        "price": 1299.0,
        "currency": "GBP",
        "color": "red",
        "colour": "red",
        "tags": ["gift", "coffee"],
        "image": "photos/1.jpg",
        "weight": "1.5 kg",
        "weight_g": 1500.0,
        "stock": 3,
        "vegan": True,
        "size": {"eu": 42},
    }
    assert (made.id, made.line, made.image) == ("42", 7, "photos/1.jpg")
    assert made.text == "Café mug Höganäs Mugs"


@pytest.mark.parametrize(
    ("value", "levels"),
    [
        ("Home > Kitchen > Mugs", ["Home", "Kitchen", "Mugs"]),
        ("Home/Kitchen", ["Home", "Kitchen"]),
        ("TV/Audio > Radios", ["TV/Audio", "Radios"]),
        ("Home &gt; Kitchen", ["Home", "Kitchen"]),
        ("Mugs", ["Mugs"]),
        (["A", "", None, "A", " B "], ["A", "B"]),
        (["A", 5], ["A", "5"]),
    ],
)
def test_category_paths(value: object, levels: list[str]) -> None:
    assert product(category=value).fields["category"] == levels


@pytest.mark.parametrize(
    ("value", "kept"), [("a/b c", "a/b c"), (" x ", "x"), (7, "7"), (7.0, "7"), ("ü" * 256, "ü" * 256)]
)
def test_ids(value: object, kept: str) -> None:
    assert product(id=value).id == kept


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, "missing"),
        ("   ", "blank"),
        (1.5, "must be text or a whole number"),
        (True, "must be text or a whole number"),
        (["1"], "must be text or a whole number"),
        ("x" * 513, f"513 bytes long, the limit is {LONGEST_ID}"),
        ("ü" * 257, "514 bytes long"),
        ("a\nb", "control character"),
        ("\ud800", "not valid Unicode"),
    ],
)
def test_ids_that_are_refused(value: object, reason: str) -> None:
    made = clean(Row(3, {"id": value, "title": "x"}))
    assert isinstance(made, Rejected)
    assert (made.code, made.line) == ("bad_id", 3)
    assert reason in made.reason


@pytest.mark.parametrize("title", [None, "", "  ", "<br>", {"x": 1}, True, []])
def test_no_title(title: object) -> None:
    made = clean(Row(1, {"id": "1", "title": title, "price": 5}))
    assert isinstance(made, Rejected)
    assert made.code == "no_title"


def test_empty_rows() -> None:
    for data in ({}, {"id": "", "title": None}):
        made = clean(Row(1, data))
        assert isinstance(made, Rejected)
        assert made.code == "empty"


def test_wrong_types_lose_the_field_and_not_the_product() -> None:
    made = product(description={"x": 1}, brand=12, price="soon", image=5, tags=[{"a": 1}, "b"], currency="shells")
    assert made.fields == {"id": "1", "title": "Mug", "brand": "12", "tags": ["b"]}
    losses = sorted((note.code, note.field) for note in made.notes if note.loss)
    assert losses == [
        ("bad_currency", "currency"),
        ("bad_price", "price"),
        ("wrong_type", "description"),
        ("wrong_type", "image"),
        ("wrong_type", "tags"),
    ]


@pytest.mark.parametrize("name", ["_id", "_source", "kindred_text", "", " ", ".", "a..b", "a.", "a. .b"])
def test_names_that_opensearch_or_kindred_keep(name: str) -> None:
    made = product(**{name: "x"})
    assert name not in made.fields
    assert [note.code for note in made.notes] == ["reserved_name"]


def test_a_change_may_lack_the_title_but_not_take_it_away() -> None:
    change = clean(Row(1, {"id": "1", "price": 5, "brand": None, "weight": "heavy"}), partial=True)
    assert isinstance(change, Product)
    assert change.fields == {"id": "1", "price": 5.0, "brand": None, "weight": "heavy", "weight_g": None}
    gone = clean(Row(1, {"id": "1", "title": None, "price": 5}), partial=True)
    assert isinstance(gone, Rejected)


def test_recipes() -> None:
    fields = {"title": "Acme mug", "brand": "ACME", "category": ["Home", "Cups"]}
    assert embedding_text(fields, "title") == "Acme mug"
    assert embedding_text(fields, "title-brand-leaf") == "Acme mug Cups"
    assert embedding_text({"brand": "Acme"}, "title-brand-leaf") == "Acme"
    described = {**fields, "description": "word " * 100}
    assert embedding_text(fields, "title-description") == "Acme mug Cups"
    assert (
        embedding_text(described, "title-description") == "Acme mug Cups. " + ("word " * 48).strip()
    )  # 15 + 5 * 48 - 1
    with pytest.raises(LoadError, match="no text recipe 'nope'"):
        embedding_text(fields, "nope")


def test_the_report_counts_and_names_lines() -> None:
    report = CleaningReport()
    report.add(product(description="<b>x</b>", price="soon"))
    report.add(Rejected(2, "empty", "the row is empty"))
    report.add(BadRow(3, "not valid JSON"))
    assert report.as_dict() == {
        "rows": 3,
        "accepted": 1,
        "rejected": {"empty": 1, "unreadable": 1},
        "mended": {"html": 1},
        "lost": {"bad_price": 1},
    }
    assert report.problems == ["line 1: field price: not a price: 'soon'", "line 3: not valid JSON"]


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
names = st.sampled_from(
    [
        "id",
        "title",
        "brand",
        "description",
        "category",
        "price",
        "currency",
        "colour",
        "color",
        "tags",
        "image",
        "weight",
    ]
)


@given(st.dictionaries(names | st.text(max_size=6), values, max_size=10), st.booleans())
def test_every_row_becomes_a_product_or_a_reason(data: dict, partial: bool) -> None:
    made = clean(Row(1, data), partial=partial)
    if isinstance(made, Rejected):
        assert made.reason
        return
    assert made.text == embedding_text(made.fields, "title-brand-leaf")
    assert made.id == made.fields["id"]
    assert not METADATA_FIELDS & set(made.fields)
    for name in ("title", "brand", "description"):
        assert isinstance(made.fields.get(name), str | None)
    for name in ("category", "tags"):
        assert isinstance(made.fields.get(name), list | None)
    assert isinstance(made.fields.get("price"), float | None)


@given(st.dictionaries(names, st.text(alphabet=st.characters(codec="utf-8"), max_size=20), min_size=1))
def test_every_product_can_be_written_as_json(data: dict) -> None:
    made = clean(Row(1, {**data, "id": "1", "title": "x"}))
    assert isinstance(made, Product)
    assert orjson.loads(orjson.dumps(made.fields)) == made.fields

"""The whole path in Chinese, with English between it: load, search, similar items, tags, on a real node."""

from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from encoders.export.recipe import cached_store
from encoders.store import ModelStore
from opensearch import generations
from opensearch.client import Cluster
from plugin_bridge.in_process import open_searcher
from plugin_bridge.loading.languages import encoder_for
from plugin_bridge.loading.load import LoadOptions, load_catalogue
from plugin_bridge.rewrite.lexical import BONUS_WORDS, bonuses
from plugin_bridge.searching.planning import SearchRequest
from plugin_bridge.searching.searcher import Searcher
from plugin_bridge.settings import Settings
from plugin_bridge.tagging.engine import TaggedInput
from plugin_bridge.tagging.opening import open_engine
from tests.fixtures.bridge import drop_alias, make_home

ALIAS = "test-chinese"
SHELVES = {
    "鞋": (
        "男士防水登山鞋 高帮 棕色",
        "女款轻便跑步鞋 透气网面",
        "儿童雪地靴 加绒保暖",
        "Nike 男子篮球鞋 气垫",
        "真皮高跟鞋 女 黑色",
        "成人雨靴 中筒 防滑",
    ),
    "手机配件": (
        "适用 iPhone 15 透明手机壳 防摔",
        "华为手机皮套 翻盖",
        "Type-C 快充数据线 2米",
        "65W 氮化镓充电头 USB-C",
        "钢化膜 高清 防指纹 iPhone",
        "磁吸车载手机支架",
    ),
    "厨房电器": (
        "智能电饭煲 4升 预约定时",
        "不锈钢电热水壶 1.7升",
        "家用电磁炉 2200W",
        "全自动咖啡机 磨豆一体",
        "空气炸锅 5升 无油",
        "迷你榨汁机 便携",
    ),
    "宠物用品": (
        "小型犬狗粮 鸡肉味 2kg",
        "猫抓板 瓦楞纸 耐磨",
        "豆腐猫砂 6升 无尘",
        "狗窝 四季通用 可拆洗",
        "自动喂食器 猫狗通用",
        "宠物牵引绳 反光",
    ),
    "服装": (
        "男士中长款羽绒服 加厚连帽",
        "女式纯棉连衣裙 夏季碎花",
        "儿童毛衣 圆领 秋冬",
        "男款修身牛仔裤 直筒",
        "情侣珊瑚绒睡衣 加厚",
        "女士羊毛大衣 双面呢",
    ),
}
ROWS = [
    {"id": f"{shelf}-{place}", "title": title, "category": [shelf]}
    for shelf, titles in SHELVES.items()
    for place, title in enumerate(titles)
]


@pytest.fixture(scope="module")
def chinese_store() -> ModelStore:
    return cached_store(("bge-small-zh-v1.5",))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, chinese_store: ModelStore) -> Path:
    return make_home(tmp_path_factory.mktemp("chinese-home"), chinese_store)


@pytest.fixture(scope="module")
def searcher(cluster: Cluster, chinese_store: ModelStore, home: Path) -> Iterator[Searcher]:
    """A searcher over the rows, loaded as `kindred load` does: the catalogue's language chooses the encoder."""
    drop_alias(cluster, ALIAS)
    file = home / "products.jsonl"
    file.write_bytes(b"\n".join(orjson.dumps(row) for row in ROWS))
    chosen = encoder_for(file, "auto", Settings(home=home))
    assert chosen == "bge-small-zh-v1.5-int8"
    options = LoadOptions(alias=ALIAS, photos=False, text_model=chosen)
    report = load_catalogue(file, cluster, chinese_store, home, options)
    assert report.documents == len(ROWS)
    try:
        with open_searcher(Settings(home=home, alias=ALIAS), cluster) as opened:
            yield opened
    finally:
        drop_alias(cluster, ALIAS)


def ids(searcher: Searcher, text: str, mode: str = "hybrid", size: int = 3) -> list[str]:
    answer = searcher.search(SearchRequest(text=text, mode=mode, size=size, alias=ALIAS))
    assert not answer.degraded, answer.reason
    return [hit.id for hit in answer.hits]


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("登山鞋", "鞋-0"),
        ("iPhone 手机壳", "手机配件-0"),
        ("IPHONE手机壳", "手机配件-0"),
        ("nike 篮球鞋", "鞋-3"),
        ("type-c 数据线", "手机配件-2"),
        ("ＵＳＢ－Ｃ 充电头", "手机配件-3"),
        ("羽绒服 男", "服装-0"),
    ],
)
def test_words_of_both_languages_find_the_product(searcher, query, first):
    assert ids(searcher, query, "keyword")[0] == first
    assert ids(searcher, query)[0] == first


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("烧开水用的", "厨房电器-1"),
        ("煮米饭的锅", "厨房电器-0"),
        ("下雨天穿什么", "鞋-5"),
        ("phone case for iPhone", "手机配件-0"),
        ("给喵星人玩的", "宠物用品-1"),
    ],
)
def test_a_wish_in_other_words_finds_it_too(searcher, query, wanted):
    assert wanted in ids(searcher, query)


@pytest.mark.parametrize(
    ("query", "asked"),
    [
        ("手机壳", {"all_words", "phrase"}),  # three words without a blank
        ("iPhone手机壳", {"all_words", "phrase"}),
        ("iphone", {"all_words"}),  # one word is near itself
        ("wi-fi", {"all_words"}),  # and so is one with a hyphen
        ("鞋", {"all_words"}),
        ("鞋" * BONUS_WORDS, {"all_words", "phrase"}),
        ("鞋" * (BONUS_WORDS + 1), set()),
    ],
)
def test_characters_without_blanks_are_words_of_a_phrase(searcher, cluster, query, asked):
    generation = generations.live(cluster, ALIAS)
    assert generation is not None
    assert set(bonuses(query, generation)) == asked


def test_nonsense_finds_nothing(searcher):
    assert ids(searcher, "xkzqwv") == []


@pytest.mark.parametrize("shelf", SHELVES)
def test_most_items_like_a_product_are_of_its_kind(searcher, shelf):
    near = [
        hit.id.partition("-")[0]
        for place in range(6)
        for hit in searcher.similar(f"{shelf}-{place}", size=2, alias=ALIAS).hits
    ]
    assert near.count(shelf) / len(near) > 0.6  # one in five would be chance


def test_labelled_neighbours_tag_chinese_titles(searcher, cluster, chinese_store):
    generation = generations.live(cluster, ALIAS)
    assert generation is not None
    engine = open_engine(None, cluster, generation, chinese_store, threads=1)
    new = {"a": ("女士平底单鞋", "鞋"), "b": ("Xiaomi 手机保护套", "手机配件"), "c": ("成犬狗粮 牛肉味", "宠物用品")}
    products = [TaggedInput(key, {"title": title}) for key, (title, _) in new.items()]
    for found in engine.suggest(products):
        best = next(one for one in found.suggestions if one.field == "category")
        assert best.value == new[found.id][1]
        assert best.evidence["neighbours"]

"""Which language a catalogue is in."""

import pytest

from plugin_bridge.catalogue.languages import language_of

ENGLISH = ["Waterproof hiking boots", "Espresso machine, 15 bar", "Lapsang souchong 正山小种 tea, loose leaf, 250 g"]
CHINESE = ["男士防水登山鞋 棕色", "适用 iPhone 15 Pro Max 手机壳", "nike air max 运动鞋 男款 气垫跑步鞋", "电饭煲4L"]


@pytest.mark.parametrize(
    ("texts", "language"),
    [
        (ENGLISH, "en"),
        (["Wasserkocher aus Edelstahl", "Théière en fonte"], "en"),
        (CHINESE, "zh"),
        ([*CHINESE, "iPhone 15 Pro Max"], "zh"),
        (CHINESE + ENGLISH * 3, "zh"),  # 4 of 13 are Chinese
        (CHINESE + ENGLISH * 5, "many"),  # 4 of 19
        (["ワイヤレスイヤホン 防水", "登山靴 メンズ ブラウン"], "many"),
        (["Чайник электрический", "kettle"], "many"),
        (["12345", "!!", ""], "en"),
        ([], "en"),
    ],
)
def test_the_writing_tells_the_language(texts, language):
    assert language_of(texts) == language


def test_a_few_foreign_titles_do_not_change_a_catalogue():
    assert language_of(ENGLISH * 20 + CHINESE[:2]) == "en"  # 2 of 62 are fewer than one in twenty
    assert language_of(ENGLISH * 20 + CHINESE) == "many"  # 4 of 64 are more

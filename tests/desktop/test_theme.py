"""Contrast, as WCAG 2.1 defines it."""

import pytest

from desktop.theme import DARK, LIGHT, MARK_PAIRS, TEXT_PAIRS, Theme, contrast, style_sheet, themed


def test_contrast_is_that_of_wcag() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)  # the well-known grey that just fails


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)
def test_text_and_marks_can_be_read(theme: Theme) -> None:
    for text, back in TEXT_PAIRS:
        assert contrast(getattr(theme, text), getattr(theme, back)) >= 4.5, (text, back)
    for mark, back in MARK_PAIRS:
        assert contrast(getattr(theme, mark), getattr(theme, back)) >= 3, (mark, back)
    assert theme.text in style_sheet(theme)


def test_the_system_decides_unless_somebody_chose() -> None:
    assert themed("system", system_is_dark=True) is DARK
    assert themed("system", system_is_dark=False) is LIGHT
    assert themed("light", system_is_dark=True) is LIGHT

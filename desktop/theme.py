"""Colours and measures as tokens, light and dark, and the style sheet that is made of them. Free of Qt.

Contrast is the ratio of WCAG 2.1: text keeps 4.5:1 against every surface that it stands on (`TEXT_PAIRS`), marks that
are no text 3:1 (`MARK_PAIRS`); a test holds both.
"""

# ruff: noqa: E501 - the rules of a style sheet are read line by line
from dataclasses import dataclass
from pathlib import Path

UNIT = 8
LARGE = 17
NORMAL = 13


@dataclass(frozen=True)
class Theme:
    """Colours as #rrggbb."""

    name: str
    window: str
    surface: str
    raised: str
    line: str
    text: str
    muted: str
    accent: str
    on_accent: str
    chosen: str
    good: str
    bad: str
    warn: str
    warn_back: str
    good_back: str
    bad_back: str
    mark: str
    bone: str
    keyword: str
    meaning: str
    photo: str
    rule: str

    def part(self, name: str) -> str:
        """Return the colour of a part of a score."""
        return {"keyword": self.keyword, "text": self.meaning, "photo": self.photo}.get(name, self.rule)


LIGHT = Theme(
    name="light",
    window="#f4f5f7",
    surface="#ffffff",
    raised="#eceef2",
    line="#c9ced6",
    text="#1b1f27",
    muted="#565e6c",
    accent="#2557c4",
    on_accent="#ffffff",
    chosen="#dbe6ff",
    good="#176b3a",
    bad="#ae2a2a",
    warn="#6b4700",
    warn_back="#fff1cc",
    good_back="#dcf3e4",
    bad_back="#fbe3e1",
    mark="#ffe58f",
    bone="#e3e6eb",
    keyword="#2557c4",
    meaning="#b3560b",
    photo="#1d7a46",
    rule="#8a3fb5",
)

DARK = Theme(
    name="dark",
    window="#15181d",
    surface="#1d2127",
    raised="#272c34",
    line="#414955",
    text="#eceff4",
    muted="#a9b2c0",
    accent="#8ab0ff",
    on_accent="#0d1a36",
    chosen="#2b3d63",
    good="#7fdca4",
    bad="#ff9d94",
    warn="#ffd98a",
    warn_back="#3d3115",
    good_back="#173626",
    bad_back="#452422",
    mark="#5d4b0c",
    bone="#2e343d",
    keyword="#8ab0ff",
    meaning="#ffb168",
    photo="#7fdca4",
    rule="#d7a4f5",
)

_SURFACES = ("window", "surface", "raised", "chosen")
TEXT_PAIRS = (
    *((text, back) for text in ("text", "muted", "accent") for back in _SURFACES),
    ("on_accent", "accent"),
    *((text, back) for text in ("good", "bad") for back in ("window", "surface")),
    ("warn", "warn_back"),
    ("good", "good_back"),
    ("bad", "bad_back"),
    ("text", "mark"),
)
MARK_PAIRS = tuple(
    (part, back) for part in ("keyword", "meaning", "photo", "rule") for back in ("surface", "raised", "chosen")
)


def themed(name: str, *, system_is_dark: bool) -> Theme:
    """Return the theme of a choice: light, dark, or the system's."""
    dark = system_is_dark if name == "system" else name == "dark"
    return DARK if dark else LIGHT


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours, 1 to 21 (WCAG 2.1)."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    parts = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def style_sheet(theme: Theme) -> str:
    """Return the Qt style sheet of a theme."""
    t = theme
    icons = (Path(__file__).parent / "icons").as_posix()
    return f"""
* {{ font-size: {NORMAL}px; color: {t.text}; outline: none; }}
QWidget {{ background: {t.window}; }}
QToolTip {{ background: {t.raised}; border: 1px solid {t.line}; padding: 4px; }}
QLabel, QCheckBox, QRadioButton {{ background: transparent; }}
QLabel[look="title"] {{ font-size: {LARGE}px; font-weight: 600; }}
QLabel[look="strong"] {{ font-weight: 600; }}
QLabel[look="muted"] {{ color: {t.muted}; }}
QLabel[look="good"] {{ color: {t.good}; }}
QLabel[look="bad"] {{ color: {t.bad}; }}
QFrame[look="panel"] {{ background: {t.surface}; border: 1px solid {t.line}; border-radius: 6px; }}
QFrame[look="panel"] QWidget {{ background: {t.surface}; }}
QFrame[look="stage"] {{ background: {t.surface}; border: 2px solid {t.line}; border-radius: 6px; }}
QFrame[look="stage"]:focus {{ border: 2px solid {t.accent}; }}
QFrame[look="stage"] QTableView {{ border: 0; }}
QProgressBar[look="thin"] {{ background: {t.raised}; border: 0; border-radius: 2px; }}
QProgressBar[look="thin"]::chunk {{ background: {t.accent}; border-radius: 2px; }}
QFrame[look="strip"] {{ background: {t.warn_back}; border: 0; border-radius: 6px; }}
QFrame[look="strip"] QLabel {{ color: {t.warn}; }}
QFrame[look="bar"] {{ background: {t.surface}; border: 0; border-bottom: 1px solid {t.line}; }}
QFrame[look="bar"] QLabel {{ background: transparent; }}
QLineEdit, QComboBox, QDoubleSpinBox, QSpinBox, QDateEdit, QPlainTextEdit {{
  background: {t.surface}; border: 1px solid {t.line}; border-radius: 6px; padding: 6px 8px;
  selection-background-color: {t.accent}; selection-color: {t.on_accent}; }}
QLineEdit, QComboBox, QDoubleSpinBox, QSpinBox, QDateEdit {{ min-height: 20px; }}
QSpinBox::up-button, QSpinBox::down-button, QDoubleSpinBox::up-button, QDoubleSpinBox::down-button {{ width: 0; border: 0; }}
QLineEdit {{ placeholder-text-color: {t.muted}; }}
QLineEdit:focus, QComboBox:focus, QDoubleSpinBox:focus, QSpinBox:focus, QDateEdit:focus,
QPlainTextEdit:focus {{ border: 2px solid {t.accent}; padding: 5px 7px; }}
QComboBox QAbstractItemView {{ background: {t.surface}; border: 1px solid {t.line};
  selection-background-color: {t.chosen}; selection-color: {t.text}; }}
QPushButton, QToolButton {{ background: {t.raised}; border: 1px solid {t.line}; border-radius: 6px; padding: 6px 12px; }}
QPushButton:hover, QToolButton:hover {{ border-color: {t.accent}; }}
QPushButton:focus, QToolButton:focus {{ border: 2px solid {t.accent}; padding: 5px 11px; }}
QPushButton:disabled, QToolButton:disabled {{ color: {t.muted}; border-color: {t.raised}; }}
QPushButton:checked, QToolButton:checked {{ background: {t.chosen}; border-color: {t.accent}; }}
QPushButton[look="main"] {{ background: {t.accent}; color: {t.on_accent}; border-color: {t.accent}; font-weight: 600; }}
QPushButton[look="main"]:focus {{ border: 2px solid {t.text}; }}
QPushButton[look="main"]:disabled {{ background: {t.raised}; color: {t.muted}; border-color: {t.raised}; }}
QFrame[look="panel"] QPushButton {{ background: {t.raised}; }}
QFrame[look="panel"] QPushButton:checked {{ background: {t.chosen}; }}
QFrame[look="panel"] QPushButton[look="main"] {{ background: {t.accent}; }}
QFrame[look="panel"] QPushButton[look="main"]:disabled {{ background: {t.raised}; }}
QProgressBar {{ background: {t.raised}; border: 0; border-radius: 4px; }}
QFrame[look="panel"] QProgressBar {{ background: {t.raised}; }}
QProgressBar::chunk {{ background: {t.accent}; border-radius: 4px; }}
QTreeView:focus {{ border: 1px solid {t.accent}; }}
QTreeView::item {{ padding: 3px 2px; }}
QToolButton[look="rail"] {{ background: transparent; border: 0; border-radius: 0; padding: 10px 4px; color: {t.muted}; }}
QToolButton[look="rail"]:hover {{ color: {t.text}; }}
QToolButton[look="rail"]:checked {{ color: {t.accent}; background: {t.chosen}; font-weight: 600; }}
QToolButton[look="rail"]:focus {{ border: 2px solid {t.accent}; padding: 8px 2px; }}
QFrame[look="rail"], QFrame[look="rail"] QWidget {{ background: {t.surface}; }}
QFrame[look="rail"] {{ border: 0; border-right: 1px solid {t.line}; }}
QListView, QTableView, QListWidget, QTreeView {{ background: {t.surface}; border: 1px solid {t.line}; border-radius: 6px;
  alternate-background-color: {t.window}; selection-background-color: {t.chosen}; selection-color: {t.text}; }}
QListView:focus, QTableView:focus, QListWidget:focus {{ border: 2px solid {t.accent}; }}
QListWidget::item {{ padding: 6px; }}
QTableView {{ gridline-color: {t.line}; }}
QHeaderView::section {{ background: {t.raised}; border: 0; border-right: 1px solid {t.line}; padding: 6px; font-weight: 600; }}
QTableCornerButton::section {{ background: {t.raised}; border: 0; }}
QStatusBar {{ background: {t.surface}; border-top: 1px solid {t.line}; }}
QStatusBar::item {{ border: 0; }}
QStatusBar QLabel {{ color: {t.muted}; padding: 2px 8px; }}
QScrollArea {{ border: 0; }}
QScrollBar:vertical {{ background: {t.window}; width: 12px; margin: 0; }}
QScrollBar:horizontal {{ background: {t.window}; height: 12px; margin: 0; }}
QScrollBar::handle {{ background: {t.line}; border-radius: 5px; min-height: 32px; min-width: 32px; }}
QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
QSplitter::handle {{ background: transparent; }}
QMenu {{ background: {t.surface}; border: 1px solid {t.line}; }}
QMenu::item:selected {{ background: {t.chosen}; }}
QCheckBox {{ spacing: 8px; padding: 2px; }}
QCheckBox::indicator {{ width: 12px; height: 12px; border: 1px solid {t.muted}; border-radius: 3px; background: {t.surface}; }}
QCheckBox::indicator:checked {{ background: {t.accent}; border: 1px solid {t.accent};
  image: url({icons}/check-{t.name}.svg); }}
QComboBox::drop-down, QDateEdit::drop-down {{ border: 0; width: 24px; }}
QComboBox::down-arrow, QDateEdit::down-arrow {{ image: url({icons}/arrow-{t.name}.svg); width: 12px; height: 12px; }}
QCheckBox:focus {{ border: 1px solid {t.accent}; border-radius: 4px; }}
"""

"""The panel of facets: values to tick, bounds to type."""

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QLocale, Qt, QTimer, Signal
from PySide6.QtGui import QDoubleValidator
from PySide6.QtWidgets import (
    QCheckBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from desktop.bridge import Facet, FacetValue
from desktop.i18n import formats, tr
from desktop.theme import UNIT

_FIELDS, _VALUES = 8, 7  # shown before somebody asks for all


class FacetPanel(QScrollArea):
    """Shows facets and what is chosen of them. Made anew when they change; the focus stays where it was."""

    value_toggled = Signal(str, str, bool)
    range_chosen = Signal(str, object, object)
    filters_removed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMinimumWidth(220)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAccessibleName(tr("Filters"))
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(0)
        self._later.timeout.connect(self._rebuild)
        self._shown: tuple[Any, ...] = ()
        self._all: set[str] = set()
        self.show_facets((), {})

    def show_facets(self, facets: tuple[Facet, ...], filters: Mapping[str, Any]) -> None:
        """Show facets; a filtered field is shown even where it has no facet any more, so that it can be taken off."""
        facets = (*facets, *_lost(facets, filters))
        wanted = (facets, _frozen(filters), frozenset(self._all))
        if wanted != self._shown:
            self._shown = wanted
            # Not now: this may well be called by a click on the very control that is about to be replaced.
            self._later.start()

    def _rebuild(self) -> None:
        facets, chosen, _ = self._shown
        focused = self.focusWidget()
        name = focused.objectName() if focused is not None and focused.hasFocus() else ""
        place = self.verticalScrollBar().value()
        self.setWidget(self._built(facets, {field: _thawed(value) for field, value in chosen}))
        self.verticalScrollBar().setValue(place)
        found = self.findChild(QWidget, name) if name else None
        if found is not None:
            found.setFocus()

    def _built(self, facets: tuple[Facet, ...], filters: Mapping[str, Any]) -> QWidget:
        whole = QWidget()
        column = QVBoxLayout(whole)
        column.setContentsMargins(UNIT, UNIT, UNIT * 2, UNIT)
        column.setSpacing(UNIT * 2)
        if filters:
            clear = QPushButton(tr("Remove all filters"))
            clear.setObjectName("remove-filters")
            clear.clicked.connect(self.filters_removed)
            column.addWidget(clear)
        shown = facets if "" in self._all else facets[:_FIELDS]
        for facet in shown:
            column.addWidget(self._group(facet, filters.get(facet.field)))
        if len(facets) > len(shown):
            column.addWidget(self._more("", tr("All {count} fields", count=len(facets)), facets, filters))
        if not facets:
            hint = QLabel(tr("Filters appear here once something is found."))
            hint.setProperty("look", "muted")
            hint.setWordWrap(True)
            column.addWidget(hint)
        column.addStretch(1)
        return whole

    def _group(self, facet: Facet, chosen: Any) -> QWidget:
        group = QFrame()
        column = QVBoxLayout(group)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        title = QLabel(formats.field_name(facet.field))
        title.setTextFormat(Qt.TextFormat.PlainText)
        title.setProperty("look", "strong")
        column.addWidget(title)
        if facet.low is not None and facet.high is not None:
            column.addLayout(self._range(facet, chosen if isinstance(chosen, Mapping) else {}))
            return group
        ticked = chosen if isinstance(chosen, list) else []
        values = [*(FacetValue(one, 0) for one in ticked if one not in {v.value for v in facet.values}), *facet.values]
        shown = values if facet.field in self._all else values[:_VALUES]
        for one in shown:
            column.addWidget(self._tick(facet.field, one, one.value in ticked))
        if len(values) > len(shown):
            column.addWidget(self._more(facet.field, tr("{count} more", count=len(values) - len(shown)), None, None))
        return group

    def _tick(self, field: str, one: FacetValue, ticked: bool) -> QCheckBox:
        label = f"{one.value if len(one.value) <= 28 else one.value[:27] + '…'}  {formats.number(one.count)}"
        box = QCheckBox(label.replace("&", "&&"))
        box.setObjectName(f"{field}={one.value}")
        # A long value is cut at the panel's edge instead of making the panel wider.
        box.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        box.setToolTip(one.value[:500])
        box.setAccessibleName(tr("{field}: {value}, {count} products", field=formats.field_name(field),
                                 value=one.value[:200], count=formats.number(one.count)))  # fmt: skip
        box.setChecked(ticked)
        box.toggled.connect(lambda on: self.value_toggled.emit(field, one.value, on))
        return box

    def _range(self, facet: Facet, chosen: Mapping[str, Any]) -> QHBoxLayout:
        row = QHBoxLayout()
        ends = []
        for bound, limit, label in (("gte", facet.low, tr("from")), ("lte", facet.high, tr("to"))):
            end = QLineEdit("" if bound not in chosen else f"{chosen[bound]:g}")
            end.setMinimumWidth(48)
            end.setObjectName(f"{facet.field}:{bound}")
            end.setPlaceholderText(f"{limit:g}")
            end.setAccessibleName(f"{formats.field_name(facet.field)} {label}")
            validator = QDoubleValidator(end)
            validator.setLocale(QLocale.c())
            end.setValidator(validator)
            ends.append(end)
        before = (chosen.get("gte"), chosen.get("lte"))

        def give() -> None:
            low, high = (float(end.text()) if end.text() and end.hasAcceptableInput() else None for end in ends)
            if (low, high) != before:
                self.range_chosen.emit(facet.field, low, high)

        row.addWidget(ends[0])
        row.addWidget(QLabel("–"))
        row.addWidget(ends[1])
        for end in ends:
            end.editingFinished.connect(give)
        return row

    def _more(self, name: str, text: str, facets: Any, filters: Any) -> QPushButton:
        button = QPushButton(text)
        button.setObjectName(f"more:{name}")

        def show() -> None:
            shown, chosen, _ = self._shown
            self._all.add(name)
            self.show_facets(shown, {field: _thawed(value) for field, value in chosen})

        button.clicked.connect(show)
        return button


def _lost(facets: tuple[Facet, ...], filters: Mapping[str, Any]) -> tuple[Facet, ...]:
    known = {facet.field for facet in facets}
    return tuple(Facet(name) for name, value in filters.items() if name not in known and isinstance(value, list))


def _frozen(filters: Mapping[str, Any]) -> tuple[tuple[str, Any], ...]:
    return tuple(
        (name, tuple(value.items()) if isinstance(value, Mapping) else ("list", *value))
        for name, value in filters.items()
    )


def _thawed(value: tuple[Any, ...]) -> Any:
    return list(value[1:]) if value and value[0] == "list" else dict(value)

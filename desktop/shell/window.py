"""The main window: rail, top bar, pages, status bar, and the commands of them all."""

from collections.abc import Callable

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QButtonGroup,
    QFrame,
    QHBoxLayout,
    QLabel,
    QMainWindow,
    QPushButton,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)  # fmt: skip

from desktop.desk import Desk
from desktop.i18n import LANGUAGES, tr
from desktop.label.page import label_page
from desktop.label.presenter import waiting_text
from desktop.shell import layout
from desktop.shell.about import AboutDialog, own_version, versions
from desktop.shell.commands import Command, Palette, ShortcutSheet
from desktop.shell.connect import ConnectDialog
from desktop.shell.health import HealthPresenter, HealthView
from desktop.shell.page import Page, copy
from desktop.shell.pages import compare_page, search_page
from desktop.shell.rail import further_pages
from desktop.shell.stops import stops
from desktop.shell.tour import Tour
from desktop.shell.trial import TrialDialog
from desktop.theme import UNIT
from desktop.trial import Recipe, recipe
from desktop.widgets.messages import Message, Strip

_ASK_MS, _SAID_MS = 5000, 8000
_RAIL = 108  # pixels


class MainWindow(QMainWindow):
    """One window over a desk. `language_chosen` asks to be made anew in another language."""

    language_chosen = Signal(str)

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self.setWindowTitle("Kindred")
        self.setMinimumSize(900, 560)
        self.resize(1360, 860)
        search, self.search_view, self.search = search_page(desk)
        compare, self.compare_view, self.compare = compare_page(desk)
        label, self.label_view, self.label = label_page(desk)
        self.pages: tuple[Page, ...] = (search, compare, label, *further_pages(desk, self._similar_to))
        self.tour: Tour | None = None
        self.health = HealthPresenter(desk.bridge, desk.work, self._show_health, own_version())
        self.commands = self._commands()
        self._build()
        self._keys()
        self._restore()
        self._ask = QTimer(self)
        self._ask.setInterval(_ASK_MS)
        self._ask.timeout.connect(self.health.ask)
        desk.changed.connect(self._bridge_changed)
        desk.said.connect(self._say)
        desk.waits.connect(self._say_waiting)

    def begin(self) -> None:
        """Speak to the bridge of last time; at the first start ask where it is."""
        self._ask.start()
        if self._desk.speaks:
            self._bridge_changed()
        elif self._desk.settings.connected:
            self.frame.setCurrentWidget(self.stack)
            self._desk.reconnect()
        else:
            self.frame.setCurrentWidget(self.welcome)

    def show_page(self, name: str) -> None:
        """Go to a page, its first control focused."""
        for place, page in enumerate(self.pages):
            if page.name == name:
                self.stack.setCurrentWidget(page.widget)
                self.rail.button(place).setChecked(True)
                self._desk.keep(page=name)
                page.shown()
                page.focus()

    @property
    def page(self) -> Page:
        """The page that is shown."""
        return self.pages[max(0, self.stack.currentIndex())]

    def connect_dialog(self) -> ConnectDialog:
        """Show the dialog that asks where the bridge is."""
        desk = self._desk
        dialog = ConnectDialog(desk.settings.url, desk.tokens, desk.work, desk.connect_to, self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()
        return dialog

    def trial_dialog(self, trial: Recipe | None = None) -> TrialDialog | None:
        """Start the sample shop on this computer and connect to it; a tour follows."""
        found = trial or recipe()
        if found is None:
            self._say(tr("That takes a checkout of Kindred, which has the sample catalogue."))
            return None
        dialog = TrialDialog(found, self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.ready.connect(self._tried)
        dialog.open()
        return dialog

    def take_tour(self) -> Tour:
        """Show what is where, one thing after the other."""
        self._desk.keep(toured=True)
        self.frame.setCurrentWidget(self.stack)
        if self.tour is not None:
            self.tour.finish()
        self.tour = Tour(stops(self), self, self._desk.theme.accent)
        self.tour.ended.connect(self._tour_ended)
        return self.tour

    def palette_dialog(self) -> Palette:
        """Show the command palette."""
        palette = Palette(self.commands, self._search_for, self)
        palette.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        palette.open()
        palette.box.setFocus()
        return palette

    def shortcut_sheet(self) -> ShortcutSheet:
        """Show all keys."""
        sheet = ShortcutSheet(self.commands, [row for page in self.pages for row in page.keys], self)
        sheet.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        sheet.open()
        return sheet

    def about_dialog(self) -> AboutDialog:
        """Show the versions."""
        dialog = AboutDialog(versions(self._desk.bridge.url, self.health.view.standing), self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()
        return dialog

    def _commands(self) -> list[Command]:
        def go(name: str) -> Callable[[], None]:
            return lambda: self.show_page(name)

        found = [
            Command(tr("Go to {page}", page=page.title), go(page.name), f"Ctrl+{place}")
            for place, page in enumerate(self.pages, 1)
        ]
        found += [
            Command(tr("Command palette"), self.palette_dialog, "Ctrl+K"),
            Command(tr("Search again"), self.search.again, "F5"),
            Command(tr("Go to the search box"), lambda: self.show_page("search"), "Ctrl+L"),
            Command(tr("Grid or table"), self.search_view.table_button.toggle, "Ctrl+T"),
            Command(tr("Show or hide filters"), self.search_view.filters.toggle, "Ctrl+Shift+F"),
            Command(tr("Next page"), lambda: self.search.page_turned(self.search.view.page + 1), "Ctrl+Right"),
            Command(tr("Previous page"), lambda: self.search.page_turned(self.search.view.page - 1), "Ctrl+Left"),
            Command(tr("Export results as CSV"), self.search_view.export.click, "Ctrl+E"),
            Command(tr("Undo"), lambda: self._turn_back(self.page.undo), "Ctrl+Z"),
            Command(tr("Redo"), lambda: self._turn_back(self.page.redo), "Ctrl+Shift+Z"),
            *(command for page in self.pages for command in page.commands),
            Command(tr("Connect to a bridge"), self.connect_dialog),
            Command(tr("Try it on this computer"), self.trial_dialog),
            Command(tr("Take the tour"), self.take_tour),
            Command(tr("Keyboard shortcuts"), self.shortcut_sheet, "?"),
            Command(tr("About Kindred"), self.about_dialog),
            Command(tr("Theme: as the system"), lambda: self._choose_theme("system")),
            Command(tr("Theme: light"), lambda: self._choose_theme("light")),
            Command(tr("Theme: dark"), lambda: self._choose_theme("dark")),
            *(self._language(code, name) for code, name in LANGUAGES.items()),
            Command(tr("Quit"), self.close, "Ctrl+Q"),
        ]
        return found

    def _turn_back(self, step: Callable[[], None] | None) -> None:
        if step is None:
            self._say(tr("There is nothing to undo or redo on this page."))
        else:
            step()

    def _language(self, code: str, name: str) -> Command:
        return Command(tr("Language: {name}", name=name), lambda: self.language_chosen.emit(code))

    def _build(self) -> None:
        self.rail = QButtonGroup(self)
        self.rail_frame = rail = QFrame()
        rail.setProperty("look", "rail")
        rail.setFixedWidth(_RAIL)
        down = QVBoxLayout(rail)
        down.setContentsMargins(0, UNIT, 0, UNIT)
        down.setSpacing(0)
        self.stack = QStackedWidget()
        for place, page in enumerate(self.pages):
            button = QToolButton()
            button.setProperty("look", "rail")
            button.setText(f"{page.sign}\n{page.title}")
            button.setAccessibleName(page.title)
            button.setToolTip(f"{page.title} (Ctrl+{place + 1})")
            button.setCheckable(True)
            button.setFixedSize(_RAIL, 64)
            button.clicked.connect(lambda _=False, name=page.name: self.show_page(name))
            self.rail.addButton(button, place)
            down.addWidget(button)
            self.stack.addWidget(page.widget)
        down.addStretch(1)
        self.welcome = self._welcome()
        self.frame = QStackedWidget()
        self.frame.addWidget(self.stack)
        self.frame.addWidget(self.welcome)
        self.away = Strip(tr("Copy details"))
        self.away.acted.connect(lambda: copy(self.health.view.details))
        right = QVBoxLayout()
        right.setContentsMargins(0, 0, 0, 0)
        right.setSpacing(0)
        right.addWidget(self._top())
        right.addWidget(self.away)
        right.addWidget(self.frame, 1)
        whole = QWidget()
        across = QHBoxLayout(whole)
        across.setContentsMargins(0, 0, 0, 0)
        across.setSpacing(0)
        across.addWidget(rail)
        across.addLayout(right, 1)
        self.setCentralWidget(whole)
        self.waiting_label, self.bridge_label, self.node_label = QLabel(), QLabel(), QLabel()
        self.statusBar().setSizeGripEnabled(False)
        for label in (self.waiting_label, self.bridge_label, self.node_label):
            self.statusBar().addPermanentWidget(label)

    def _welcome(self) -> Message:
        welcome = Message()
        welcome.say(
            tr("Welcome to Kindred"),
            tr("Connect to my shop"),
            hint=tr(
                "Kindred shows what your customers find, and why. Connect to the bridge of your shop, or try it here."
            ),
            other=tr("Try it on this computer") if recipe() else "",
        )
        welcome.acted.connect(self.connect_dialog)
        welcome.other_acted.connect(self.trial_dialog)
        return welcome

    def _top(self) -> QFrame:
        bar = QFrame()
        bar.setProperty("look", "bar")
        row = QHBoxLayout(bar)
        row.setContentsMargins(UNIT * 2, UNIT, UNIT * 2, UNIT)
        name = QLabel("Kindred")
        name.setProperty("look", "title")
        self.generation_label, self.state_label = QLabel(), QLabel()
        self.generation_label.setProperty("look", "muted")
        self.palette_button = QPushButton(tr("Search or type a command") + "    Ctrl+K")
        self.palette_button.clicked.connect(self.palette_dialog)
        self.connect_button = QPushButton(tr("Connection…"))
        self.connect_button.clicked.connect(self.connect_dialog)
        row.addWidget(name)
        row.addSpacing(UNIT)
        row.addWidget(self.generation_label, 1)
        row.addWidget(self.palette_button)
        row.addWidget(self.connect_button)
        row.addWidget(self.state_label)
        return bar

    def _keys(self) -> None:
        for one in self.commands:
            if one.key:
                QShortcut(QKeySequence(one.key), self).activated.connect(one.run)

    def _show_health(self, view: HealthView) -> None:
        mark = {"well": "●", "asking": "○", "degraded": "◐"}.get(view.state, "✕")
        self.state_label.setText(f"{mark} {view.word}")
        look = {"well": "good", "asking": "muted"}.get(view.state, "bad")
        self.state_label.setProperty("look", look)
        self.state_label.style().unpolish(self.state_label)
        self.state_label.style().polish(self.state_label)
        self.generation_label.setText(view.generation)
        self.bridge_label.setText(view.bridge)
        self.node_label.setText(view.node)
        self.away.say(view.strip if self._desk.settings.connected else "")
        self.away.button.setVisible(bool(view.details))
        if view.standing is not None:
            for page in self.pages:
                page.stands(view.standing)

    def _bridge_changed(self) -> None:
        self.frame.setCurrentWidget(self.stack)
        self.health.use(self._desk.bridge)
        for page in self.pages:
            page.begin()
        self.show_page(self._desk.settings.page)

    def _search_for(self, text: str) -> None:
        self.show_page("search")
        self.search.text_changed(text)

    def _similar_to(self, product: str, title: str) -> None:
        self.show_page("search")
        self.search.similar_wanted(product, title)

    def _choose_theme(self, name: str) -> None:
        self._desk.keep(theme=name)
        self._desk.dress()

    def _say(self, text: str) -> None:
        self.statusBar().showMessage(text, _SAID_MS)

    def _tried(self, url: str, token: str) -> None:
        desk = self._desk
        desk.work.run(lambda: desk.tokens.keep(url, token), lambda _: None, lambda error: self._say(str(error)))
        desk.connect_to(url, token)
        if not desk.settings.toured:
            self.take_tour()

    def _tour_ended(self) -> None:
        self.tour = None
        self.page.focus()

    def _say_waiting(self, count: int) -> None:
        self.waiting_label.setText(waiting_text(count))

    def _restore(self) -> None:
        layout.restore(self, self.pages, self._desk.settings.layout)
        self.show_page(self._desk.settings.page)

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802
        """Remember the layout."""
        kept = layout.kept(self, self.pages)
        self._ask.stop()
        for page in self.pages:
            page.close()
        self._desk.keep(layout={**self._desk.settings.layout, **kept})
        super().closeEvent(event)

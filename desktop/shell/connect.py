"""Where the bridge is, and the token that it wants."""

from collections.abc import Callable

from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from desktop.bridge import Bridge, Standing
from desktop.errors import DesktopError
from desktop.i18n import tr
from desktop.running import Latest, Runner
from desktop.theme import UNIT
from desktop.tokens import Tokens

Connected = Callable[[str, str], None]


class ConnectDialog(QDialog):
    """Asks for address and token, tries them, keeps the token and hands both over."""

    def __init__(self, url: str, tokens: Tokens, runner: Runner, connected: Connected, parent: QWidget | None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Connect to a bridge"))
        self.setMinimumWidth(520)
        self._tokens, self._runner, self._connected = tokens, runner, connected
        self._trial = Latest(runner)
        self.url, self.token, self.said = QLineEdit(url), QLineEdit(), QLabel()
        self.token.setEchoMode(QLineEdit.EchoMode.Password)
        self.token.setPlaceholderText(tr("the secret that “kindred tokens show merchandiser” prints"))
        self.url.setAccessibleName(tr("Address"))
        self.token.setAccessibleName(tr("Token"))
        self.said.setWordWrap(True)
        hint = QLabel(
            tr("The token is kept in the system's key store; where there is none, in a file that only you can read.")
        )
        hint.setProperty("look", "muted")
        hint.setWordWrap(True)
        form = QFormLayout()
        form.addRow(tr("Address"), self.url)
        form.addRow(tr("Token"), self.token)
        self.connect_button = QPushButton(tr("Connect"))
        self.connect_button.setProperty("look", "main")
        self.connect_button.setDefault(True)
        self.cancel_button = QPushButton(tr("Cancel"))
        buttons = QDialogButtonBox()
        buttons.addButton(self.connect_button, QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.addButton(self.cancel_button, QDialogButtonBox.ButtonRole.RejectRole)
        self.connect_button.clicked.connect(self.attempt)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(UNIT * 3, UNIT * 3, UNIT * 3, UNIT * 3)
        column.setSpacing(UNIT * 2)
        for part in (hint, self.said):
            column.addWidget(part)
        column.insertLayout(1, form)
        column.addWidget(buttons)
        runner.run(lambda: tokens.read(url), self._known, lambda _: None)

    def attempt(self) -> None:
        """Try what was typed; the dialog closes when the bridge answers."""
        url, token = self.url.text().strip().rstrip("/"), self.token.text().strip()
        if "://" not in url:
            url = f"http://{url}"
        self.connect_button.setEnabled(False)
        self._say(tr("Connecting…"), "muted")
        tokens = self._tokens

        def look() -> tuple[Standing, str]:
            bridge = Bridge(url, token, timeout=10)
            try:
                return bridge.standing(), tokens.keep(url, token) if token else "store"
            finally:
                bridge.close()

        def done(_: object) -> None:
            self._connected(url, token)
            self.accept()

        self._trial.run(look, done, self._failed)

    def _known(self, token: str) -> None:
        if token and not self.token.text():
            self.token.setText(token)

    def _failed(self, error: Exception) -> None:
        self.connect_button.setEnabled(True)
        self._say(str(error) if isinstance(error, DesktopError) else tr("Something went wrong in the desktop."), "bad")

    def _say(self, text: str, look: str) -> None:
        self.said.setText(text)
        self.said.setProperty("look", look)
        self.said.style().unpolish(self.said)
        self.said.style().polish(self.said)

    def done(self, result: int) -> None:
        """Forget a trial that is under way."""
        self._trial.forget()
        super().done(result)

"""What comes back at the next start: address, language, theme, layout, last search. One JSON file, written whole."""

import json
import os
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from platformdirs import user_config_path

from desktop.bridge.client import DEFAULT_URL
from desktop.errors import KeepingError
from desktop.i18n import tr

THEMES = ("system", "light", "dark")
MAX_HISTORY = 50


@dataclass(frozen=True)
class Settings:
    """The user's choices. `layout` holds Qt's own records of windows, splitters and columns, base64."""

    url: str = DEFAULT_URL
    connected: bool = False
    language: str = ""
    theme: str = "system"
    page: str = "search"
    view: str = "grid"
    mode: str = "hybrid"
    query: str = ""
    filters: dict[str, Any] = field(default_factory=dict)
    history: tuple[str, ...] = ()
    layout: dict[str, str] = field(default_factory=dict)
    toured: bool = False

    def with_query(self, text: str) -> "Settings":
        """Return these settings with a query put first in the history, each once."""
        if not text:
            return replace(self, query="")
        return replace(self, query=text, history=(text, *(one for one in self.history if one != text))[:MAX_HISTORY])


def config_folder() -> Path:
    """Return the folder of the settings (`KINDRED_DESKTOP_HOME`, else the system's place for them)."""
    named = os.environ.get("KINDRED_DESKTOP_HOME")
    return Path(named) if named else user_config_path("kindred-desktop", appauthor=False)


class SettingsFile:
    """Reads and writes the settings of a folder. A file that cannot be read counts as none and is put aside."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "settings.json"

    def read(self) -> Settings:
        """Return the settings; those of another version as far as they are understood."""
        try:
            document = json.loads(self.path.read_text(encoding="utf-8"))
            if not isinstance(document, dict):
                raise ValueError("is no JSON object")
        except FileNotFoundError:
            return Settings()
        except (OSError, ValueError):
            self._put_aside()
            return Settings()
        plain = Settings()
        chosen: dict[str, Any] = {}
        for one in fields(Settings):
            value = document.get(one.name)
            if one.name == "history" and isinstance(value, list):
                value = tuple(text for text in value if isinstance(text, str))
            if isinstance(value, type(getattr(plain, one.name))):
                chosen[one.name] = value
        return Settings(**chosen)

    def write(self, settings: Settings) -> None:
        """Write them whole or not at all; KeepingError says why not."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            beside = self.path.with_suffix(".new")
            beside.write_text(json.dumps(asdict(settings), indent=2, ensure_ascii=False), encoding="utf-8")
            beside.replace(self.path)
        except OSError as error:
            message = tr("The settings cannot be written: {reason}.", reason=error.strerror or error)
            raise KeepingError(message, f"{self.path}: {error!r}") from error

    def _put_aside(self) -> None:
        try:
            self.path.replace(self.path.with_suffix(".unreadable"))
        except OSError:
            return  # it is written over at the next chance

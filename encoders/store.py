"""The models of this machine: one folder each, with a card. Opening, verifying and installing them."""

import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from encoders.cards import CARD_FILE, INT8_SUFFIX, ModelCard, fingerprint_of, read_card, sha256_of
from encoders.errors import EncoderError, ModelDamagedError, ModelNotFoundError
from encoders.homes import data_home
from encoders.images import ImageEncoder
from encoders.shipped import SHIPPED
from encoders.text import TextEncoder

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


class ModelStore:
    """The models under `root` (default: `models` in the data home); model NAME lives in `root/NAME`."""

    def __init__(self, root: Path | None = None) -> None:
        self.root = root if root is not None else data_home() / "models"

    def folder(self, name: str) -> Path:
        """Return the folder that model `name` has or would have; refuses names that could leave the store."""
        if not _NAME.fullmatch(name):
            raise ModelNotFoundError(
                f"{name!r} cannot be a model's name: use letters, digits, dots, dashes and underscores"
            )
        return self.root / name

    def names(self) -> list[str]:
        """Return the names of all models here, sorted."""
        if not self.root.is_dir():
            return []
        return sorted(path.parent.name for path in self.root.glob(f"[!.]*/{CARD_FILE}"))

    def list(self) -> list[ModelCard]:
        """Return the cards of all models here, by name."""
        return [self.card(name) for name in self.names()]

    def card(self, name: str) -> ModelCard:
        """Return the card of model `name`; ModelNotFoundError names the command that makes it."""
        folder = self.folder(name)
        if not (folder / CARD_FILE).is_file():
            here = ", ".join(self.names()) or "none"
            if name.removesuffix(INT8_SUFFIX) in SHIPPED:
                way = f"`kindred models export {name}` makes it"
            else:
                way = f"`kindred models export FOLDER --name {name.removesuffix(INT8_SUFFIX)}` makes it from its folder"
            raise ModelNotFoundError(f"no model {name!r} in {self.root} (there: {here}); {way}")
        return read_card(folder)

    def verify(self, name: str) -> ModelCard:
        """Hash every file of the model again; raises ModelDamagedError naming what does not match its card."""
        card, folder = self.card(name), self.folder(name)
        for file, expected in card.files.items():
            path = folder / file
            if not path.is_file():
                raise ModelDamagedError(f"{path} is missing; `kindred models export {name}` makes it again")
            found = sha256_of(path)
            if found != expected:
                raise ModelDamagedError(
                    f"{path} has sha256 {found}, its card says {expected}; "
                    f"`kindred models export {name}` makes it again"
                )
        if fingerprint_of(card.files, card.preprocessing) != card.fingerprint:
            raise ModelDamagedError(f"{folder / CARD_FILE} was edited: its fingerprint does not match its content")
        return card

    def open_text(self, name: str, threads: int = 0) -> TextEncoder:
        """Open a text encoder with `threads` threads (0: all cores)."""
        return TextEncoder(self.folder(name), self._card_of_kind(name, "text"), threads)

    def open_image(self, name: str, threads: int = 0) -> ImageEncoder:
        """Open an image encoder with `threads` threads (0: all cores)."""
        return ImageEncoder(self.folder(name), self._card_of_kind(name, "image"), threads)

    @contextmanager
    def installing(self, names: Sequence[str]) -> Iterator[dict[str, Path]]:
        """Yield an empty folder for each name; when the block ends without error they become these models.

        Each model appears whole or not at all; an existing one of that name is replaced. On an error nothing changes.
        """
        targets = {name: self.folder(name) for name in names}
        self.root.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".making-", dir=self.root) as workshop:
            drafts = {name: Path(workshop) / name for name in names}
            for draft in drafts.values():
                draft.mkdir()
            yield drafts
            for name, target in targets.items():
                if target.exists():
                    target.replace(Path(workshop) / f"{name}.old")
                drafts[name].replace(target)

    def _card_of_kind(self, name: str, kind: str) -> ModelCard:
        card = self.card(name)
        if card.kind != kind:
            raise EncoderError(f"model {name!r} encodes {card.kind}s, not {kind}s")
        return card

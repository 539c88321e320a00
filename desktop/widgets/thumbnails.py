"""Products' photos: fetched and decoded in threads, kept in memory and on disk within limits."""

import hashlib
import time
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path

from platformdirs import user_cache_path
from PySide6.QtCore import QObject, QSize, Qt, Signal
from PySide6.QtGui import QImage, QPixmap

from desktop.bridge import Bridge
from desktop.work import Work

SIDE = 416  # twice the width of a card's photo, for screens of double density
_IN_MEMORY = 400
_ON_DISK_BYTES = 256 * 2**20
_RETRY_SECONDS = 30.0

Key = tuple[str, str]  # generation, product id


def cache_folder() -> Path:
    """Return the folder where thumbnails are kept."""
    return user_cache_path("kindred-desktop", appauthor=False) / "thumbnails"


class Thumbnails(QObject):
    """Gives pixmaps at once where they are at hand; otherwise fetches them and says `arrived`."""

    arrived = Signal()

    def __init__(self, work: Work, folder: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._work, self._folder = work, folder
        self._bridge: Bridge | None = None
        self._known: OrderedDict[Key, QPixmap | None] = OrderedDict()
        self._asked: dict[Key, float] = {}
        work.run(lambda: prune(folder, _ON_DISK_BYTES), lambda _: None, lambda _: None)

    def use(self, bridge: Bridge) -> None:
        """Fetch from another bridge from now on."""
        self._bridge = bridge
        self._known.clear()
        self._asked.clear()

    @property
    def waiting(self) -> bool:
        """Whether photos are on their way."""
        return bool(self._asked)

    def pixmap(self, generation: str, product_id: str) -> QPixmap | None:
        """Return a product's photo, None where it has none or it is still on its way."""
        key = (generation, product_id)
        if key in self._known:
            self._known.move_to_end(key)
            return self._known[key]
        self._fetch(key)
        return None

    def warm(self, products: Sequence[str]) -> None:
        """Put photos of these products on the disk, one after the other: they will be shown without a bridge."""
        bridge, folder = self._bridge, self._folder
        if bridge is not None:
            self._work.run(lambda: _put_on_disk(bridge, folder, products), lambda _: None, lambda _: None)

    def _fetch(self, key: Key) -> None:
        now = time.monotonic()
        if self._bridge is None or now - self._asked.get(key, -_RETRY_SECONDS) < _RETRY_SECONDS:
            return
        self._asked[key] = now
        bridge, folder = self._bridge, self._folder
        self._work.run(lambda: load(bridge, folder, key), lambda image: self._keep(key, image, bridge), lambda _: None)

    def _keep(self, key: Key, image: QImage | None, bridge: Bridge) -> None:
        if bridge is not self._bridge:
            return
        self._asked.pop(key, None)
        self._known[key] = None if image is None else QPixmap.fromImage(image)
        while len(self._known) > _IN_MEMORY:
            self._known.popitem(last=False)
        self.arrived.emit()


def load(bridge: Bridge, folder: Path, key: Key) -> QImage | None:
    """Return a photo from the disk, else from the bridge; None where the product has none."""
    data = _data(bridge, folder, key)
    image = QImage.fromData(data) if data else QImage()
    if image.isNull():
        return None
    wanted = QSize(SIDE, SIDE)
    if image.width() <= SIDE and image.height() <= SIDE:
        return image
    return image.scaled(wanted, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation)


def _data(bridge: Bridge, folder: Path, key: Key) -> bytes | None:
    """Return a photo's bytes from the disk, else from the bridge, whose answer is kept."""
    generation, product_id = key
    name = hashlib.sha256("\0".join((bridge.url, generation, product_id, str(SIDE))).encode()).hexdigest()
    file = folder / f"{name}.jpg"
    try:
        data: bytes | None = file.read_bytes()
        file.touch()
    except OSError:
        data = bridge.picture(product_id, side=SIDE, generation=generation)
        _keep_on_disk(file, data)
    return data


def _put_on_disk(bridge: Bridge, folder: Path, products: Sequence[str]) -> None:
    for product in products:
        _data(bridge, folder, ("", product))  # the first that cannot be had ends it: the bridge is away


def _keep_on_disk(file: Path, data: bytes | None) -> None:
    if not data:
        return
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        beside = file.with_suffix(".new")
        beside.write_bytes(data)
        beside.replace(file)
    except OSError:
        return  # a full disk costs speed only


def prune(folder: Path, most_bytes: int) -> None:
    """Remove the files that were used longest ago until the rest is small enough."""
    files = []
    for file in folder.glob("*.jpg") if folder.is_dir() else ():
        try:
            files.append((file.stat().st_mtime, file.stat().st_size, file))
        except OSError:
            continue
    total = sum(size for _, size, _ in files)
    for _, size, file in sorted(files):
        if total <= most_bytes:
            return
        file.unlink(missing_ok=True)
        total -= size

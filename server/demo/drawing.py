"""Draws the county's photos beside the play, puts them into the store and reads them as an upload would be read."""

import multiprocessing
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from multiprocessing.connection import Connection
from pathlib import Path
from uuid import UUID

from server.checkins.submit import StoredPhoto
from server.demo.attempts import Picture
from server.demo.photos import SMALL, draw_selfie
from server.photos.read import read
from server.photos.store import FolderStore

Order = tuple[int, Picture, datetime]  # county id, what to draw, when it will be received


class Album:
    """The drawn photos by id; asking for one waits until it is there. Each can be asked for once."""

    def __init__(self, receiver: Connection, store: FolderStore) -> None:
        self._receiver = receiver
        self.store = store
        self._drawn: dict[UUID, StoredPhoto] = {}

    def take(self, photo_id: UUID) -> StoredPhoto:
        """The photo, stored and read. Raises EOFError when the painter ended without it."""
        while photo_id not in self._drawn:
            photo: StoredPhoto = self._receiver.recv()
            self._drawn[photo.id] = photo
        return self._drawn.pop(photo_id)


@contextmanager
def painter(root: Path, orders: Iterable[Order]) -> Iterator[Album]:
    """A process of its own that draws and stores every picture under `root`, in the order given.

    Files are not flushed one by one: a power failure costs the demo, and the sweeper takes what no row refers to.
    Forked, since a fresh interpreter imports for as long as it then draws. When this process is killed the painter
    finds nobody at the other end and stops.
    """
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    child = context.Process(target=_paint, args=(receiver, sender, root, list(orders)), daemon=True)
    child.start()
    sender.close()
    try:
        yield Album(receiver, FolderStore(root))
    finally:
        receiver.close()
        child.join()


def _paint(receiver: Connection, sender: Connection, root: Path, orders: list[Order]) -> None:
    receiver.close()
    store = FolderStore(root)
    with suppress(BrokenPipeError):
        for county_id, picture, received_at in orders:
            data = draw_selfie(picture.seed, size=SMALL, quality=picture.quality, exif=picture.exif)
            facts = read(data)
            key = store.put(county_id, picture.id, facts.extension, data, received_at, durable=False)
            sender.send(StoredPhoto(picture.id, key, facts))

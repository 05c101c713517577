"""Draws the county's photos with every core, puts them into the store and reads them as an upload would be read."""

import multiprocessing
import os
from collections.abc import Iterable
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
_FEW = 200  # fewer are drawn sooner than a process starts


def draw_all(root: Path, orders: Iterable[Order]) -> dict[UUID, StoredPhoto]:
    """Every picture drawn, stored under `root` and read; by photo id.

    Files are not flushed one by one: a power failure costs the demo, and the sweeper takes what no row refers to.
    """
    waiting = list(orders)
    processes = 1 if len(waiting) < _FEW else min(4, os.cpu_count() or 1)
    if processes == 1:
        return {photo.id: photo for photo in _draw(root, waiting)}
    # Each child is given its share, answers once and ends, so none is left waiting when this process is killed.
    context = multiprocessing.get_context("spawn")
    children = []
    for share in (waiting[i::processes] for i in range(processes)):
        receiver, sender = context.Pipe(duplex=False)
        child = context.Process(target=_child, args=(sender, root, share), daemon=True)
        child.start()
        sender.close()
        children.append((child, receiver))
    drawn: dict[UUID, StoredPhoto] = {}
    for child, receiver in children:
        drawn |= {photo.id: photo for photo in receiver.recv()}  # EOFError: the child ended without an answer
        child.join()
    return drawn


def _child(sender: Connection, root: Path, share: list[Order]) -> None:
    sender.send(_draw(root, share))


def _draw(root: Path, share: list[Order]) -> list[StoredPhoto]:
    store, made = FolderStore(root), []
    for county_id, picture, received_at in share:
        data = draw_selfie(picture.seed, size=SMALL, quality=picture.quality, exif=picture.exif)
        facts = read(data)
        key = store.put(county_id, picture.id, facts.extension, data, received_at, durable=False)
        made.append(StoredPhoto(picture.id, key, facts))
    return made

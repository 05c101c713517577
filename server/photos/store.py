"""Photo bytes in a folder: on disk before the answer leaves, under a key that names the county."""

import errno
import os
import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryFile
from uuid import UUID, uuid4

from server.errors import AppError

_KEY = re.compile(r"c([0-9]+)/[0-9]{4}-[0-9]{2}/([0-9a-f-]{36})(\.preview)?\.[a-z0-9]{1,8}(\.[0-9a-f]{32}\.tmp)?")
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class FolderStore:
    """Photos under one root directory. Keys look like `c1/2026-11/<photo id>.jpg`; two keys never share bytes."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def put(
        self,
        county_id: int,
        photo_id: UUID,
        extension: str,
        data: bytes,
        received_at: datetime,
        *,
        durable: bool = True,
    ) -> str:
        """Write durably and answer the key. After this returns, file and directory entries survive a power failure.

        The month in the key is received_at's in UTC. Give every request's photo an id of its own: the same id again
        replaces the bytes. `durable=False` is for what can be made again, such as the demo's photos. A full disk raises
        AppError 507 `storage_full`; no failure leaves a temporary file behind, unless the process is killed.
        """
        key = f"c{county_id}/{received_at.astimezone(UTC):%Y-%m}/{photo_id}.{extension}"
        try:
            _place(self.path(key), data, durable=durable)
        except OSError as cause:
            if cause.errno in _FULL:
                raise AppError(507, "storage_full", "服务器存储空间已满，照片没有保存，请联系管理员后重试。") from cause
            said = "照片暂时存不下，没有提交；请稍后再试。"
            raise AppError(503, "storage_unavailable", said, {"retry_after_s": 30}) from cause
        return key

    def put_preview(self, key: str, data: bytes) -> None:
        """Keep a photo's preview beside it, if the disk takes it: not flushed, as it can be made again at any time."""
        with suppress(OSError):
            _place(self.path(self.preview_key(key)), data, durable=False)

    def preview_key(self, key: str) -> str:
        """Where the preview of the photo under `key` is kept."""
        return f"{key.partition('.')[0]}.preview.jpg"

    def open(self, key: str) -> bytes:
        """The bytes. Raises FileNotFoundError if nothing is stored under the key, ValueError if it is no key."""
        return self.path(key).read_bytes()

    def delete(self, key: str) -> None:
        """Remove the bytes and, with a photo, its preview. Removing what is not there is no error."""
        path = self.path(key)
        path.unlink(missing_ok=True)
        if not _matched(key)[4]:
            self.path(self.preview_key(key)).unlink(missing_ok=True)
        if path.parent.is_dir():
            _sync_directory(path.parent)

    def path(self, key: str) -> Path:
        """Where a key's bytes are. Only keys of our own form are accepted: ValueError for anything else."""
        _matched(key)
        return self._root / key

    def owner(self, key: str) -> tuple[int, UUID]:
        """(county id, photo id) of a photo, its preview or a leftover of either."""
        county, photo = _matched(key).group(1, 2)
        return int(county), UUID(photo)

    def is_temporary(self, key: str) -> bool:
        """Whether this is what a writer leaves that was killed; nothing ever refers to it."""
        return _matched(key)[4] is not None

    def is_writable(self) -> bool:
        """Whether a file can be made in the root now; tried, since permission bits say little to root or on NFS."""
        try:
            self._root.mkdir(parents=True, exist_ok=True)
            with TemporaryFile(dir=self._root) as probe:
                probe.write(b"x")
        except OSError:
            return False
        return True

    def iter_older_than(self, cutoff: datetime) -> Iterator[tuple[str, datetime]]:
        """(key, modified at in UTC) of each file older than the aware `cutoff`, dead writers' temporary files included.

        A file that vanishes meanwhile is passed over; one that is not ours is left alone.
        """
        for path in self._root.glob("c*/*/*"):
            key = path.relative_to(self._root).as_posix()
            try:
                modified_at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
            except FileNotFoundError:
                continue
            if modified_at < cutoff and _KEY.fullmatch(key):
                yield key, modified_at


def _matched(key: str) -> re.Match[str]:
    found = _KEY.fullmatch(key)
    if not found:
        raise ValueError(f"not a photo key: {key[:80]!r}")
    return found


def _place(path: Path, data: bytes, *, durable: bool) -> None:
    """Under its name the file is there wholly or not at all; durable, also after a power failure."""
    temporary = path.with_name(f"{path.name}.{uuid4().hex}.tmp")
    try:
        _make_directory(path.parent)
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            if durable:
                os.fsync(file.fileno())
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    if durable:
        _sync_directory(path.parent)


def _make_directory(directory: Path) -> None:
    """Create it and its parents, and make each new entry durable in the directory that holds it."""
    above = [directory, *directory.parents]
    missing = above[: next(i for i, parent in enumerate(above) if parent.is_dir())]
    for new in reversed(missing):
        new.mkdir(exist_ok=True)
        _sync_directory(new.parent)


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

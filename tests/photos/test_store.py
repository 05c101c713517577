"""The store: on disk before it answers, nothing half written, and no way out of its folder."""

import errno
import os
import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from uuid import UUID

import pytest

from server.errors import AppError
from server.photos.store import FolderStore

ROOT = Path(__file__).parents[2]
ID = UUID("6c1a0b6e-5d0c-4d5e-9f5e-0a3b1c2d4e5f")
AT = datetime(2026, 11, 3, 1, 2, tzinfo=UTC)
KEY = f"c1/2026-11/{ID}.jpg"

PUT = f"""
import sys; from datetime import datetime, UTC; from pathlib import Path; from uuid import UUID
from server.errors import AppError; from server.photos.store import FolderStore
try:
    FolderStore(Path(sys.argv[1])).put(1, UUID("{ID}"), "jpg", b"x" * 300_000, datetime(2026, 11, 3, tzinfo=UTC))
except AppError as refused:
    print(refused.status, refused.code)
"""


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    return FolderStore(tmp_path)


def files(root: Path) -> list[Path]:
    return [path for path in root.rglob("*") if path.is_file()]


def test_what_is_put_can_be_opened_and_deleted(store: FolderStore, tmp_path: Path) -> None:
    assert store.put(1, ID, "jpg", b"photo", AT) == KEY
    assert store.open(KEY) == b"photo"
    assert files(tmp_path) == [store.path(KEY)]
    store.delete(KEY)
    store.delete(KEY)
    with pytest.raises(FileNotFoundError):
        store.open(KEY)


def test_the_month_is_counted_in_utc(store: FolderStore) -> None:
    early = datetime(2026, 12, 1, 7, 0, tzinfo=timezone(timedelta(hours=8)))
    assert store.put(2, ID, "png", b"photo", early) == f"c2/2026-11/{ID}.png"


def test_file_then_name_then_directory_reach_the_disk(tmp_path: Path) -> None:
    """The system calls of one put into an empty store, as the kernel saw them."""
    strace = shutil.which("strace")
    if not strace:
        pytest.skip("strace is not installed (make system-deps)")
    root, log = tmp_path / "store", tmp_path / "log"
    root.mkdir()
    calls = "trace=fsync,fdatasync,rename,renameat,renameat2,mkdir,unlink"
    command = [strace, "-f", "-y", "-e", calls, "-o", str(log), sys.executable, "-c", PUT, str(root)]
    subprocess.run(command, cwd=ROOT, check=True, timeout=60, env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"})
    seen = [line.split(maxsplit=1)[1] for line in log.read_text().splitlines() if str(root) in line]
    steps = [re.sub(rf'[0-9]*<?"?{re.escape(str(root))}', "", line) for line in seen]
    steps = [re.sub(r"\.[0-9a-f]{32}", "", step).split(" = ")[0] for step in steps]
    month = "/c1/2026-11"
    assert [re.sub(r'[">]|, 0777', "", step) for step in steps] == [
        "mkdir(/c1)",
        "fsync()",
        f"mkdir({month})",
        "fsync(/c1)",
        f"fsync({month}/{ID}.jpg.tmp)",
        f"rename({month}/{ID}.jpg.tmp, {month}/{ID}.jpg)",
        f"fsync({month})",
    ]


def test_a_full_disk_is_said_and_leaves_nothing(tmp_path: Path) -> None:
    """The kernel refuses the write half way, here by a limit on the size of files."""
    limited = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))\n" + PUT
    command = [sys.executable, "-B", "-c", limited, str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, check=True, timeout=60, capture_output=True, text=True)
    assert done.stdout.split() == ["507", "storage_full"]
    assert files(tmp_path) == []


def test_no_space_at_fsync_is_said_and_leaves_nothing(
    store: FolderStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.put(1, UUID(int=1), "jpg", b"first", AT)

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(AppError) as caught:
        store.put(1, ID, "jpg", b"photo", AT)
    assert (caught.value.status, caught.value.code) == (507, "storage_full")
    assert len(files(tmp_path)) == 1


def test_another_failing_disk_is_not_called_full(store: FolderStore, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(descriptor: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(os, "fsync", broken)
    with pytest.raises(AppError) as caught:
        store.put(1, ID, "jpg", b"photo", AT)
    assert (caught.value.status, caught.value.code) == (503, "storage_unavailable")


@pytest.mark.parametrize(
    "key",
    [
        "",
        "../secret",
        f"c1/2026-11/../../{ID}.jpg",
        f"/c1/2026-11/{ID}.jpg",
        f"c1/2026-11/{ID}.jpg\n",
        "c1/2026-11/x.jpg",
    ],
)
def test_only_own_keys_lead_to_files(store: FolderStore, key: str) -> None:
    for use in (store.path, store.open, store.delete):
        with pytest.raises(ValueError, match="not a photo key"):
            use(key)


def test_an_extension_cannot_lead_out(store: FolderStore, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not a photo key"):
        store.put(1, ID, "jpg/../../x", b"photo", AT)
    assert files(tmp_path) == []


def test_old_files_are_listed_with_dead_writers_leftovers(store: FolderStore, tmp_path: Path) -> None:
    old, new = store.put(1, ID, "jpg", b"old", AT), store.put(1, UUID(int=2), "jpg", b"new", AT)
    left = f"{old}.{'0' * 32}.tmp"
    for name in (left, "c1/2026-11/README"):
        (tmp_path / name).write_bytes(b"")
    for name in (old, left, "c1/2026-11/README"):
        os.utime(tmp_path / name, (AT.timestamp(), AT.timestamp()))
    assert sorted(store.iter_older_than(AT + timedelta(seconds=1))) == [(old, AT), (left, AT)]
    store.delete(left)
    assert {key for key, _ in store.iter_older_than(datetime.now(UTC) + timedelta(hours=1))} == {old, new}


def test_a_preview_lies_beside_its_photo_and_goes_with_it(store: FolderStore, tmp_path: Path) -> None:
    key = store.put(1, ID, "heic", b"photo", AT)
    store.put_preview(key, b"small")
    assert store.preview_key(key) == f"c1/2026-11/{ID}.preview.jpg"
    assert store.open(store.preview_key(key)) == b"small"
    store.delete(key)
    assert files(tmp_path) == []


def test_a_preview_that_cannot_be_kept_is_no_error(store: FolderStore, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*paths: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    key = store.put(1, ID, "jpg", b"photo", AT)
    monkeypatch.setattr(Path, "replace", full)
    store.put_preview(key, b"small")
    with pytest.raises(FileNotFoundError):
        store.open(store.preview_key(key))


def test_a_key_tells_its_owner_and_what_it_is(store: FolderStore) -> None:
    left = f"{KEY}.{'0' * 32}.tmp"
    for key in (KEY, store.preview_key(KEY), left):
        assert store.owner(key) == (1, ID)
    assert [store.is_temporary(key) for key in (KEY, store.preview_key(KEY), left)] == [False, False, True]


def test_deleting_a_leftover_leaves_the_photo(store: FolderStore) -> None:
    key = store.put(1, ID, "jpg", b"photo", AT)
    store.put_preview(key, b"small")
    store.delete(f"{key}.{'0' * 32}.tmp")
    assert (store.open(key), store.open(store.preview_key(key))) == (b"photo", b"small")


def test_writable_is_tried(store: FolderStore, tmp_path: Path) -> None:
    assert store.is_writable()
    assert files(tmp_path) == []
    (tmp_path / "file").write_bytes(b"")
    assert not FolderStore(tmp_path / "file" / "below").is_writable()


def test_an_empty_store_has_nothing_to_list(tmp_path: Path) -> None:
    assert list(FolderStore(tmp_path / "none yet").iter_older_than(datetime.now(UTC))) == []

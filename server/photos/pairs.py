"""The second look at one photo beside others of the store."""

from server.photos.refusal import PhotoUnreadable
from server.photos.same import Features, Sameness, compare, features
from server.photos.store import FolderStore


class Pairs:
    """One stored photo, compared with others; its own features are made once."""

    def __init__(self, store: FolderStore, key: str) -> None:
        self._store = store
        self._own = self._features(key)

    def with_(self, key: str) -> Sameness | None:
        """What the pixels say of this photo and the one under `key`; None where one of the two is gone or cannot be
        read any more. Raises OSError where the folder cannot be read.
        """
        if self._own is None:
            return None
        other = self._features(key)
        return None if other is None else compare(self._own, other)

    def _features(self, key: str) -> Features | None:
        try:
            return features(self._store.open(key))
        except (FileNotFoundError, PhotoUnreadable):
            return None

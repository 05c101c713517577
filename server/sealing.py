"""Sealed at rest: what a person can be called or written to by, and secrets that are not only compared.

Fernet (AES-128-CBC with HMAC-SHA256) under rotating keys: the first of SEALING_KEYS seals, every one of them opens, and
`python -m server reseal` brings what is stored under the first. A sealed value says what it is of, so that nobody who
can write to the database can put one person's in another's place.
"""

import base64
import hashlib
import hmac
from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet


class CannotOpen(Exception):
    """None of the keys opens it, or it was sealed as something else."""


class Sealer:
    """`keys`: Fernet keys (32 bytes in URL-safe base64), the one that seals first."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._keys = [key.encode() for key in keys]
        self._fernet = MultiFernet([Fernet(key) for key in self._keys])

    def seal(self, value: str, of: str) -> str:
        """`of` names the row and column, such as `member:…:phone`; opening asks for the same."""
        return self._fernet.encrypt(f"{of}\0{value}".encode()).decode()

    def open(self, sealed: str, of: str) -> str:
        """Raises CannotOpen."""
        try:
            named, _, value = self._fernet.decrypt(sealed.encode()).decode().partition("\0")
        except InvalidToken:
            raise CannotOpen(of) from None
        if named != of:
            raise CannotOpen(of)
        return value

    def is_current(self, sealed: str) -> bool:
        """Whether the first key sealed it, so that the others may go."""
        try:
            Fernet(self._keys[0]).decrypt(sealed.encode())
        except InvalidToken:
            return False
        return True

    def digest(self, value: str) -> str:
        """What stands beside a sealed value to find it by: HMAC-SHA256 in hex under the first key."""
        return _digest(self._keys[0], value)

    def digests(self, value: str) -> list[str]:
        """Under each key, for a search while rows under an older one are left."""
        return [_digest(key, value) for key in self._keys]


def _digest(key: bytes, value: str) -> str:
    # Another key than the one that seals, though both come from the same 32 bytes.
    own = hashlib.sha256(b"zhudian digest" + base64.urlsafe_b64decode(key)).digest()
    return hmac.new(own, value.encode(), hashlib.sha256).hexdigest()

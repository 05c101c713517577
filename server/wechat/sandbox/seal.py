"""How WeChat signs and seals what it pushes (facts section 4), written from the description and not from wechatpy's."""

import base64
import hashlib
import secrets
import struct

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

_BLOCK = 32  # of the padding; AES itself has 16


def sign(token: str, *parts: str) -> str:
    """sha1 hex over the token and the parts (timestamp, nonce and, of what is sealed, that) in alphabetical order."""
    return hashlib.sha1("".join(sorted([token, *parts])).encode(), usedforsecurity=False).hexdigest()


def seal(message: str, aes_key: str, appid: str, prefix: bytes | None = None) -> str:
    """The `Encrypt` of a message: AES-256-CBC over 16 random bytes, its length, itself and the appid, in base64."""
    key = base64.b64decode(aes_key + "=")
    said = message.encode()
    padded = (prefix or secrets.token_hex(8).encode()) + struct.pack(">I", len(said)) + said + appid.encode()
    missing = _BLOCK - len(padded) % _BLOCK
    padded += bytes([missing]) * missing
    sealing = Cipher(algorithms.AES256(key), modes.CBC(key[:16])).encryptor()
    return base64.b64encode(sealing.update(padded) + sealing.finalize()).decode()

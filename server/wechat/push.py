"""Reads what WeChat pushes: whether it is WeChat's, and what it says; plain, compatible or sealed, JSON or XML."""

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from xml.parsers.expat import ExpatError

import orjson
import xmltodict
from wechatpy.crypto import WeChatCrypto

FRESH_S = 300  # how far WeChat's clock and ours may be apart, a push's three attempts included


class NotWechats(Exception):
    """Nobody proved that WeChat said this: a wrong signature, key or appid, an old timestamp, an unsealed body."""


class Unreadable(Exception):
    """It is signed as WeChat signs, and makes no sense."""


@dataclass(frozen=True, slots=True)
class Push:
    """`said`: its fields. `canonical`: the same as one text of bytes, equal for what is equal. `stamp`: under which a
    repeated request is known."""

    said: dict[str, Any]
    canonical: bytes
    stamp: str


class PushReader:
    """The ear of one mini-program. `aes_key` None: what is pushed is not sealed (明文模式)."""

    def __init__(self, token: str, aes_key: str | None, appid: str) -> None:
        self._token = token
        self._crypto = WeChatCrypto(token, aes_key, appid) if aes_key else None

    def is_greeting(self, query: Mapping[str, str]) -> bool:
        """Whether the GET by which WeChat's console tries the address is signed with our token."""
        return self._is_signed(query.get("signature", ""), query.get("timestamp", ""), query.get("nonce", ""))

    def read(self, query: Mapping[str, str], body: bytes, now: datetime) -> Push:
        """What a POST says. Raises NotWechats or Unreadable.

        With a key only the sealed part counts: the query's plain `signature` is right in secure mode as well and says
        nothing of the body, and beside a sealed part (兼容模式) the open one could be anybody's.
        """
        timestamp, nonce = query.get("timestamp", ""), query.get("nonce", "")
        if not _is_fresh(timestamp, now):
            raise NotWechats("timestamp")
        if self._crypto is None:
            signature = query.get("signature", "")
            if not self._is_signed(signature, timestamp, nonce):
                raise NotWechats("signature")
            said, canonical = _fields(body)
        else:
            signature = query.get("msg_signature", "")
            said, canonical = _fields(self._unseal(body, signature, timestamp, nonce))
        if not isinstance(said.get("MsgType"), str):
            raise Unreadable("no MsgType")
        return Push(said, canonical, hashlib.sha256(f"{signature} {nonce}".encode()).hexdigest())

    def _unseal(self, body: bytes, signature: str, timestamp: str, nonce: str) -> bytes:
        sealed = _fields(body)[0].get("Encrypt")
        if not isinstance(sealed, str) or not self._is_signed(signature, timestamp, nonce, sealed):
            raise NotWechats("msg_signature")
        try:
            opened: str = self._crypto.decrypt_message({"Encrypt": sealed}, signature, timestamp, nonce)  # type: ignore[union-attr]
        except Exception as error:  # wechatpy raises whatever a wrong key, appid or length happens to break inside
            raise NotWechats(type(error).__name__) from None
        return opened.encode()

    def _is_signed(self, signature: str, *parts: str) -> bool:
        """sha1 over the token and the parts in alphabetical order, compared in constant time."""
        right = hashlib.sha1("".join(sorted([self._token, *parts])).encode(), usedforsecurity=False).hexdigest()
        return hmac.compare_digest(right.encode(), signature.encode())


def _is_fresh(timestamp: str, now: datetime) -> bool:
    if not re.fullmatch(r"[0-9]{1,12}", timestamp):
        return False
    return abs(now.timestamp() - int(timestamp)) <= FRESH_S


def _fields(body: bytes) -> tuple[dict[str, Any], bytes]:
    """The fields of a JSON or XML body, whatever its Content-Type says, and their canonical text. Raises Unreadable."""
    try:
        text = body.decode().strip()
        read = xmltodict.parse(text, encoding="utf-8").get("xml") if text.startswith("<") else orjson.loads(text)
        canonical = orjson.dumps(read, option=orjson.OPT_SORT_KEYS)
    except (ExpatError, ValueError, TypeError, LookupError, RecursionError) as error:
        raise Unreadable(type(error).__name__) from None
    if not isinstance(read, dict) or b"\\u0000" in canonical:  # NUL, which PostgreSQL stores in no text
        raise Unreadable("no object")
    return read, canonical

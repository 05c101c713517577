"""Section 13 of the facts: what our login and callback do not do stands on wechatpy, and must be right there.

The vectors of the callback are tests/api/test_wechat_callback.py's, that of 人脸核身 is in the walk of section 14.
"""

import json
from pathlib import Path
from typing import Any

import pytest
from wechatpy.crypto import WeChatWxaCrypto
from wechatpy.enterprise.crypto import WeChatCrypto
from wechatpy.exceptions import InvalidSignatureException
from wechatpy.utils import check_wxa_signature

from server.wechat.sandbox.seal import sign

WECOM = {
    "token": "123456",
    "key": "kWxPEV2UEDyxWpmPdKC3F4dgPDmOvfKX1HGnEUDS1aR",
    "corp_id": "wx49f0ab532d5d035a",
    "signature": "dd6b9c95b495b3f7e2901bfbc76c664930ffdb96",
    "timestamp": "1411443780",
    "nonce": "437374425",
    "echostr": "4ByGGj+sVCYcvGeQYhaKIk1o0pQRNbRjxybjTGblXrBaXlTXeOo1+bXFXDQQb1o6co6Yh9Bv41n7hOchLF6p+Q==",
}


@pytest.fixture
def vectors(shared_data: Path) -> dict[str, list[dict[str, Any]]]:
    read: dict[str, list[dict[str, Any]]] = json.loads(
        (shared_data / "vectors/wechat.json").read_text(encoding="utf-8")
    )
    return read


def test_encrypted_data_is_opened_with_the_session_key_and_nothing_else(vectors: dict[str, Any]) -> None:
    good, broken = vectors["wxa_user_data"]
    for vector in (good, broken):
        crypto = WeChatWxaCrypto(vector["session_key"], vector["iv"], vector["appid"])
        if vector.get("expect_error"):
            with pytest.raises(Exception):  # noqa: B017  (whatever breaks inside: facts section 4)
                crypto.decrypt_message(vector["encryptedData"])
        else:
            assert crypto.decrypt_message(vector["encryptedData"]) == vector["expect_plaintext"]


def test_raw_data_is_signed_with_the_session_key(vectors: dict[str, Any]) -> None:
    for vector in vectors["rawdata_signature"]:
        given = vector["session_key"], vector["rawData"]
        check_wxa_signature(*given, vector["expect_sha1"])
        with pytest.raises(InvalidSignatureException):
            check_wxa_signature(given[0], given[1].replace("Band", "Bend"), vector["expect_sha1"])


def test_wecoms_callback_is_signed_and_sealed_in_the_same_way() -> None:
    """The sandbox signs as WeCom does; wechatpy's enterprise crypto opens what was sealed for the corp alone."""
    stamp = WECOM["signature"], WECOM["timestamp"], WECOM["nonce"]
    assert sign(WECOM["token"], *stamp[1:], WECOM["echostr"]) == WECOM["signature"]
    crypto = WeChatCrypto(WECOM["token"], WECOM["key"], WECOM["corp_id"])
    assert crypto.check_signature(*stamp, WECOM["echostr"]) in ("5927782489442352469", b"5927782489442352469")
    with pytest.raises(InvalidSignatureException):
        crypto.check_signature("0" * 40, *stamp[1:], WECOM["echostr"])

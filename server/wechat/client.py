"""Every call that this project makes to WeChat, in our words: what is asked, and what it means when it fails."""

import json
import re
from dataclasses import dataclass
from typing import Any

import structlog

from server.config import Config
from server.errors import AppError
from server.wechat import errors
from server.wechat.bounded import LEFT_ALONE_S, TIMEOUT_S, BoundedClient, TokenStore

log = structlog.get_logger()
_BAD_CODE = (40029, 40163)  # unknown or expired, used before
_BLOCKED = 40226
_NOT_BOUND = (40003, 40256)  # nobody whom WeChat knows here, or no 用工关系 with them
_NOT_ENABLED = (43104, 48001)  # the mini-program was never allowed this
_LONGEST_MSGID = 40  # it is a number of 19 digits
_KEY = re.compile(r"\{\{([a-z_]+[0-9]+)\.DATA\}\}")  # of a template's content: 驻点名称:{{thing1.DATA}}
_LASTING = 3  # 长期订阅; 2 is 一次性
_CODE_OF = {"formal": "release", "trial": "trial", "developer": "develop"}  # the same three, as codes call them


@dataclass(frozen=True, slots=True)
class Template:
    """A subscribe template of the account: its fields' keys in order, and whether one acceptance lasts (长期)."""

    id: str
    title: str
    keys: tuple[str, ...]
    lasting: bool


class WechatClient:
    """`tokens` may be left out by whoever only signs people in."""

    def __init__(
        self,
        config: Config,
        tokens: TokenStore | None = None,
        timeout_s: float = TIMEOUT_S,
        left_alone_s: float = LEFT_ALONE_S,
    ) -> None:
        self._api = BoundedClient(config, tokens, timeout_s, left_alone_s)
        self._state = config.wechat_miniprogram_state

    def openid_of(self, code: str) -> str:
        """The openid behind a wx.login code. Raises AppError 401 for a bad code, 403 for a person WeChat blocks,
        503 when WeChat does not answer or does not accept this server."""
        try:
            return str(self._api.session_of(code)["openid"])
        except (errors.WechatError, KeyError) as error:
            errcode = error.errcode if isinstance(error, errors.WechatError) else None
        if errcode in _BAD_CODE:
            raise AppError(401, "wechat_code_invalid", "登录码已失效，请重新进入小程序。", {"errcode": errcode})
        if errcode == _BLOCKED:
            raise AppError(403, "wechat_blocked", "微信暂不允许此账号登录，请在微信里查看原因。", {"errcode": errcode})
        log.warning("login_unavailable", errcode=errcode)  # 40013 and 40125: APPID or SECRET of this server is wrong
        raise AppError(503, "wechat_unavailable", "微信登录暂时不可用，请稍后再试。", {"retry_after_s": 5})

    def send_subscribe(self, openid: str, template_id: str, fields: dict[str, str], page: str) -> str | None:
        """One subscribe message; WeChat's number for it (msgid), by which its push tells later what became of it.

        `fields` maps template keys (thing1, date2 …) to fitted values. Raises WechatError.
        """
        answer = self._api.call(
            "cgi-bin/message/subscribe/send",
            {
                "touser": openid,
                "template_id": template_id,
                "page": page,
                "data": {key: {"value": value} for key, value in fields.items()},
                "miniprogram_state": self._state,
                "lang": "zh_CN",
            },
        )
        return str(answer["msgid"])[:_LONGEST_MSGID] if answer.get("msgid") else None

    def templates(self) -> list[Template]:
        """The subscribe templates that this account has. Raises WechatError."""
        told = self._api.read("wxaapi/newtmpl/gettemplate").get("data")
        if not isinstance(told, list):
            raise errors.Uncertain(None, "no list of templates")
        return [
            Template(
                id=str(one.get("priTmplId")),
                title=str(one.get("title")),
                keys=tuple(_KEY.findall(str(one.get("content")))),
                lasting=one.get("type") == _LASTING,
            )
            for one in told
            if isinstance(one, dict)
        ]

    def send_employee(self, openid: str, template_id: str, fields: dict[str, str], page: str) -> None:
        """One message to a member of staff (用工关系); its data is text, not an object. Raises WechatError."""
        data = {"data": {key: {"value": value} for key, value in fields.items()}}
        self._api.call(
            "cgi-bin/message/wxopen/employeerelationmsg/send",
            {
                "touser": openid,
                "template_id": template_id,
                "page": page,
                "data": json.dumps(data, ensure_ascii=False),
            },
        )

    def unbind_employee(self, openid: str) -> None:
        """End the 用工关系 with this person; where there is none it is ended. Raises AppError 503, or 409 where the
        mini-program may not."""
        try:
            self._api.call("wxa/business/unbinduserb2cauthinfo", {"openid_list": [openid]})
            return
        except errors.WechatError as error:
            errcode = error.errcode
        if errcode in _NOT_BOUND:
            return
        log.warning("unbind_unavailable", errcode=errcode)
        if errcode in _NOT_ENABLED:
            raise AppError(409, "wechat_not_enabled", "本县没有开通这项功能，请告诉管理员。", {"errcode": errcode})
        facts = {"errcode": errcode, "retry_after_s": 5}
        raise AppError(503, "wechat_unavailable", "微信暂时没有办成，请稍后再试。", facts)

    def phone_number(self, code: str, openid: str) -> str:
        """The number that this person let the mini-program have, as +8613800001234. Raises AppError 403 for a code that
        is used up, too old or somebody else's, 503 when WeChat does not answer or not us."""
        try:
            told: Any = self._api.call("wxa/business/getuserphonenumber", {"code": code, "openid": openid})
            return f"+{told['phone_info']['countryCode']}{told['phone_info']['purePhoneNumber']}"
        except (errors.WechatError, KeyError, TypeError) as error:
            errcode = error.errcode if isinstance(error, errors.WechatError) else None
        if errcode in _BAD_CODE:
            detail = "手机号授权已失效，请重新点一次“获取手机号”。"
            raise AppError(403, "phone_code_invalid", detail, {"errcode": errcode})
        log.warning("phone_number_unavailable", errcode=errcode)
        detail = "暂时取不到微信手机号，请稍后再试，或输入邀请码。"
        raise AppError(503, "wechat_unavailable", detail, {"retry_after_s": 5})

    def code_image(self, scene: str, page: str, env_version: str | None = None) -> bytes:
        """A mini-program code that opens `page` with `scene` (32 of WeChat's characters), of the version that messages
        open too unless one is named: JPEG bytes. Raises AppError 503."""
        version = env_version or _CODE_OF[self._state]
        asked = {"scene": scene, "page": page, "env_version": version, "check_path": version == "release"}
        try:
            return self._api.image("wxa/getwxacodeunlimit", asked)
        except errors.WechatError as error:
            # 41030 and the like are the operator's to mend: the page is not in what was released.
            log.warning("code_image_unavailable", errcode=error.errcode)
            facts = {"errcode": error.errcode, "retry_after_s": 5}
        raise AppError(503, "wechat_unavailable", "小程序码暂时取不到，请稍后再试。", facts)

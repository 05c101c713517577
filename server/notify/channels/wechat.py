"""Two ways into WeChat: subscribe messages, one acceptance each, and 用工关系 messages where the county has them."""

from collections.abc import Callable, Mapping

from server.notify import messages
from server.notify.channel import Outcome, Parcel, Recipient, from_wechat
from server.notify.subscriptions import template_id, template_keys
from server.wechat import errors
from server.wechat.client import WechatClient


class Subscribe:
    """订阅消息: arrives under 服务通知."""

    name = "subscribe"

    def __init__(self, client: WechatClient, templates: Mapping[str, str]) -> None:
        self._client = client
        self._templates = templates

    def address(self, kind: str, county_id: int, to: Recipient | None) -> str | None:
        return to.openid if to and kind in messages.KINDS else None

    def template(self, kind: str) -> str:
        return template_id(kind, self._templates)

    def send(self, parcel: Parcel) -> Outcome:
        return _sent(self._client.send_subscribe, parcel, self._templates)


class Employee:
    """用工关系消息: arrives in 小程序助手; only the kinds that the county has a template for."""

    name = "employee"

    def __init__(self, client: WechatClient, templates: Mapping[str, str]) -> None:
        self._client = client
        self._templates = templates

    def address(self, kind: str, county_id: int, to: Recipient | None) -> str | None:
        return to.openid if to and kind in self._templates else None

    def template(self, kind: str) -> str:
        return template_id(kind, self._templates)

    def send(self, parcel: Parcel) -> Outcome:
        return _sent(self._client.send_employee, parcel, self._templates)


def _sent(
    send: Callable[[str, str, dict[str, str], str], str | None], parcel: Parcel, templates: Mapping[str, str]
) -> Outcome:
    """`send`: takes openid, template, fitted values and page; answers WeChat's msgid, if it gave one; raises
    WechatError."""
    values = messages.compose(parcel.kind, parcel.facts, template_keys(parcel.kind, templates))
    try:
        msgid = send(parcel.address, template_id(parcel.kind, templates), values, messages.KINDS[parcel.kind].page)
    except errors.WechatError as error:
        return from_wechat(error)
    return Outcome("sent", msgid=msgid)

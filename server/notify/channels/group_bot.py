"""企业微信群机器人: summaries into the county's group; the key is the secret, and 20 messages a minute are the most."""

from collections.abc import Callable

from server.notify import messages
from server.notify.channel import SENT, Outcome, Parcel, Recipient, from_wechat
from server.wechat import errors
from server.wechat.group_bot import GroupBotClient

A_MINUTE = 20


class GroupBot:
    """The bots of this installation. `key_of`: of a county, None where it has none."""

    name = "group_bot"

    def __init__(self, client: GroupBotClient, key_of: Callable[[int], str | None]) -> None:
        self._client = client
        self._key_of = key_of

    def address(self, kind: str, county_id: int, to: Recipient | None) -> str | None:
        return self._key_of(county_id) if to is None and kind in messages.SUMMARIES else None

    def template(self, kind: str) -> str:
        return kind

    def send(self, parcel: Parcel) -> Outcome:
        try:
            self._client.send_markdown(parcel.address, messages.sentence(parcel.kind, parcel.facts))
        except errors.QuotaSpent as error:  # here it is a minute's, not a day's
            return Outcome("later", str(error), stops="moment")
        except errors.WechatError as error:
            return from_wechat(error)
        return SENT

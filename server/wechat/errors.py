"""WeChat's many errcodes, folded into the few things a caller can do about them (wechat-facts, sections 1 to 3)."""


class WechatError(Exception):
    """A call that WeChat did not carry out. `errcode` None: it never answered properly. No secret is in the text."""

    def __init__(self, errcode: int | None, what: str) -> None:
        super().__init__(f"WeChat errcode {errcode}: {what}")
        self.errcode = errcode


class RetryLater(WechatError):
    """Busy, too fast, or a token that was just replaced: the same call may succeed later."""


class Never(WechatError):
    """The call is wrong and will stay wrong: bad template, bad data, bad code."""


class UserMustAct(WechatError):
    """The person refused or has no credit left; only they can change that."""


class QuotaSpent(WechatError):
    """Today's quota is gone."""


class Uncertain(WechatError):
    """The request left, the answer did not come: it may or may not have been carried out."""


_RETRY = {-1, 40001, 40014, 42001, 45011, 43108, 44990, 44991}
_QUOTA = {45009, 44993}
_USER = {43101, 40003, 40226, 40256, 50001}  # the last two: no 用工关系 with them, or not with this template


def is_quota(errcode: int | None) -> bool:
    """Whether the errcode says that the day's calls are used up."""
    return errcode in _QUOTA


def from_errcode(errcode: int | None, what: str) -> WechatError:
    """The error a caller can act on. An unknown code is Never: repeating what is not understood helps nobody."""
    if errcode in _RETRY:
        return RetryLater(errcode, what)
    if is_quota(errcode):
        return QuotaSpent(errcode, what)
    if errcode in _USER:
        return UserMustAct(errcode, what)
    return Never(errcode, what)

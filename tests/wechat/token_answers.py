"""Every errcode of wechat-facts for a call for the access token: what it means, and what becomes of it."""

from server.wechat import errors

TOKEN_ANSWERS: tuple[tuple[int, str, type[errors.WechatError]], ...] = (
    (-1, "system busy", errors.RetryLater),
    (40001, "wrong secret, as it is also said", errors.RetryLater),
    (40002, "grant_type", errors.RetryLater),
    (40013, "appid", errors.RetryLater),
    (40125, "secret", errors.RetryLater),
    (40164, "our address is not on the list", errors.RetryLater),
    (40243, "secret frozen", errors.RetryLater),
    (41002, "appid missing", errors.RetryLater),
    (41004, "secret missing", errors.RetryLater),
    (43002, "not a POST", errors.RetryLater),
    (45009, "quota of the day", errors.QuotaSpent),
    (45011, "too often a minute", errors.RetryLater),
    (50004, "not allowed", errors.RetryLater),
    (50007, "account frozen", errors.RetryLater),
    (89503, "an administrator must confirm our address", errors.RetryLater),
    (89506, "refused our address", errors.RetryLater),
    (89507, "refused our address for now", errors.RetryLater),
)

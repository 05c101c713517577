"""The script of faults for the soak of notices: every errcode of the facts for the calls that send, and every way in
which an answer can be lost."""

import random
import threading
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from server.wechat.sandbox import tokens
from server.wechat.sandbox.state import Fault, State
from tests.soak.sender import TIMEOUT_S
from tests.wechat.token_answers import TOKEN_ANSWERS

SEND, TOKEN = "/cgi-bin/message/subscribe/send", "/cgi-bin/stable_token"
STAFF, BOT = "/cgi-bin/message/wxopen/employeerelationmsg/send", "/cgi-bin/webhook/send"
# What a call can be answered with (wechat-facts, section 3). A day's quota is spent a few times only: each is a day.
_ANSWERS = {
    SEND: (-1, 40001, 40003, 40014, 40037, 41001, 41030, 42001, 43101, 43107, 43108, 44990, 44991, 45011, 45168, 47003),
    STAFF: (-1, 40001, 40097, 40256, 40257, 42001, 43104, 45011, 47003, 50001),
    TOKEN: tuple(code for code, *_ in TOKEN_ANSWERS if code != 45009),
    BOT: (-1, 45009, 40058),
}
_DAYS_SPENT = ((SEND, 45009), (SEND, 44993), (STAFF, 45009), (TOKEN, 45009))
_UNKNOWN = 99999
# How an answer is lost. `carried_out`: the message is on the phone all the same.
_LOST: tuple[dict[str, Any], ...] = (
    {"http_status": 502},
    {"http_status": 502, "carried_out": True},
    {"reset": True},
    {"reset": True, "carried_out": True},
    {"hang_s": 1.6 * TIMEOUT_S},
    {"hang_s": 1.6 * TIMEOUT_S, "carried_out": True},
    {"body": '{"errcode": 0, "errms', "carried_out": True},
    {"body": "<html>"},
)
_APART_S = (0.002, 0.03)
_TOKENS_LOST = 0.05  # with so many of the faults all tokens end as well


def script(luck: random.Random, share: float) -> list[Fault]:
    """All of it in random order, `share` times over; each errcode and each loss at least once."""
    times = max(1, round(share))
    faults = [Fault(path, 1, errcode=code) for path, codes in _ANSWERS.items() for code in (*codes, _UNKNOWN)] * times
    faults += [Fault(path, 1, **lost) for path in (SEND, STAFF, BOT, TOKEN) for lost in _LOST] * times
    faults += [Fault(path, 1, errcode=code) for path, code in _DAYS_SPENT]
    made = [Fault(**{name: getattr(one, name) for name in Fault.__dataclass_fields__}) for one in faults]
    luck.shuffle(made)
    return made


@dataclass
class Injector(threading.Thread):
    """Puts one fault after the other before the next call of its path, as long as there is one; expires tokens."""

    state: State
    faults: list[Fault]
    luck: random.Random
    met: list[Fault] = field(default_factory=list)
    tokens_lost: int = 0

    def __post_init__(self) -> None:
        super().__init__(name="injector", daemon=True)
        self._told = threading.Event()

    def __hash__(self) -> int:
        return id(self)

    def run(self) -> None:
        left = list(self.faults)
        while left and not self._told.wait(self.luck.uniform(*_APART_S)):
            with self.state.lock:
                waiting = {fault.path for fault in self.state.faults if fault.times}
                fault = next((one for one in left if one.path not in waiting), None)
                if fault is not None:
                    left.remove(fault)
                    self.state.faults.append(fault)
                    self.met.append(fault)
            if fault is not None and self.luck.random() < _TOKENS_LOST:
                tokens.expire_all(self.state)
                self.tokens_lost += 1

    def stop(self) -> None:
        """No more; what waits before a call that never came is taken away."""
        self._told.set()
        self.join()
        with self.state.lock:
            self.met = [fault for fault in self.met if not fault.times]
            self.state.faults = []

    def cuts(self) -> int:
        """How many answers about a message were lost: of each nobody can know whether it arrived."""
        return sum(one.path != TOKEN and one.errcode is None for one in self.met)

    def counts(self) -> Counter[str]:
        return Counter("lost" if one.errcode is None else str(one.errcode) for one in self.met)

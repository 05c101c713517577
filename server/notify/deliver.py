"""Delivers the outbox: take some, send them at once, record them and take the next. The worker alone calls it, any
number of them."""

import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import structlog
from sqlalchemy.exc import DBAPIError

from server.clock import Clock
from server.db import Database
from server.notify.channel import Channel, Find, Outcome
from server.notify.course import Night
from server.notify.desk import Desk, Returned, Taken
from server.notify.messages import Unfit

log = structlog.get_logger()
HANDS = 8  # sends at once; what a killed worker leaves uncertain is no more than this


class Delivery:
    """One worker's hands on the outbox. `channels`: those that are configured. `stopping`, once set: what is in hand is
    recorded and nothing more is taken, so that a worker told to end does not have to be killed over a long queue."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        channels: Mapping[str, Channel],
        find: Find,
        night: Night | None = None,
        hands: int = HANDS,
    ) -> None:
        self._db = db
        self._channels = channels
        self._desk = Desk(clock, channels, find, night)
        self._hands = hands
        self._pool = ThreadPoolExecutor(hands, "deliver")
        self.stopping = threading.Event()
        self._unrecorded: list[Returned] = []  # kept while the database is away: what WeChat said is not forgotten

    def run(self) -> int:
        """Send what is due until nothing is; returns how many notices were attempted or decided upon.

        Between a send and its record stands one commit, and each commit serves as many sends as there are hands: a
        worker that is killed leaves only those unknown that it had in hand.
        """
        attempted = 0
        while True:
            hands = 0 if self.stopping.is_set() else self._hands
            with self._db.transaction() as session:
                taken, settled = self._desk.turn(session, self._unrecorded, hands)
            self._unrecorded = []
            attempted += len(taken) + settled
            if not taken and not settled:
                return attempted
            self._unrecorded = [Returned(*one) for one in zip(taken, self._pool.map(self._send, taken), strict=True)]

    def _send(self, taken: Taken) -> Outcome:
        try:
            return self._channels[taken.parcel.channel].send(taken.parcel)
        except Unfit as error:
            return Outcome("failed", str(error))
        except DBAPIError as error:  # the token's store, before anything left
            return Outcome("later", f"database: {type(error).__name__}")
        except Exception as error:  # one notice's surprise must not leave seven others unrecorded
            log.exception("notice_surprise", kind=taken.parcel.kind, channel=taken.parcel.channel)
            return Outcome("uncertain", f"unexpected {type(error).__name__}")

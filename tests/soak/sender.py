"""`python -m tests.soak.sender CLOCKFILE STATUSFILE`: a worker's delivery alone, by a clock that stands in a file; says
in its status file when there was nothing left to do at that instant."""

import sys
import time
from contextlib import suppress
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from server.config import Config
from server.db import Database
from server.logs import configure
from server.notify.channel import Channel
from server.notify.channels.group_bot import GroupBot
from server.notify.channels.wechat import Employee, Subscribe
from server.notify.course import Night
from server.notify.deliver import Delivery
from server.notify.tokens import DatabaseTokens
from server.org.recipients import Recipients
from server.sealing import Sealer
from server.wechat.client import WechatClient
from server.wechat.group_bot import GroupBotClient
from tests.soak.simulated import ClockFile

TIMEOUT_S = 0.5
COUNTY, BOT_KEY = 1, "a-key-of-a-bot-of-the-soak"
_EVERY_S = 0.02


def delivery(config: Config, db: Database, clock: ClockFile) -> Delivery:
    """All channels but mail; WeChat is given half a second, and soon asked again."""
    client = WechatClient(config, DatabaseTokens(db, clock), timeout_s=TIMEOUT_S, left_alone_s=0.05)
    bot = GroupBot(GroupBotClient(config.wecom_url, TIMEOUT_S), {COUNTY: BOT_KEY}.get)
    channels: list[Channel] = [Subscribe(client, {}), Employee(client, config.wechat_employee_templates), bot]
    people = Recipients(Sealer(config.sealing_keys))
    return Delivery(db, clock, {one.name: one for one in channels}, people.find, Night.of(config.quiet_hours))


def main(clock: ClockFile, status: Path) -> None:
    config = Config.from_env()
    db = Database(config.database_url)
    hands = delivery(config, db, clock)
    rounds = 0
    while True:
        at, rounds = clock(), rounds + 1
        status.write_text("busy")
        with suppress(DBAPIError):  # the database is being restarted
            if hands.run() == 0:
                status.write_text(f"{rounds} {at.timestamp()!r}")
        time.sleep(_EVERY_S)


if __name__ == "__main__":
    configure("ERROR")
    main(ClockFile(Path(sys.argv[1])), Path(sys.argv[2]))

"""E-mail over real SMTP: what a letter says, what the server may answer, and that a password travels by TLS alone."""

import ssl
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from sqlalchemy import update

from server.config import Config
from server.notify.channel import Parcel
from server.notify.channels.mail import Mail
from server.notify.models import NoticeMute
from server.org.models import Member
from server.sealing import Sealer
from tests.notify.conftest import DECIDED
from tests.processes import free_port


class Post:
    """A real SMTP server: `letters` it took, `answers` by stage that it gives instead of taking."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.letters: list[Any] = []
        self.answers: dict[str, str] = {}
        self.port = free_port()
        self._controller = Controller(
            self, hostname="127.0.0.1", port=self.port, tls_context=tls, require_starttls=tls is not None,
            authenticator=self._authenticate, auth_required=tls is not None, auth_require_tls=tls is not None,
        )  # fmt: skip
        self._controller.start()

    def _authenticate(self, _server: SMTP, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
        return AuthResult(success=(data.login, data.password) == (b"zhudian", b"p@ss"))

    async def handle_RCPT(self, _server: SMTP, _session: Any, envelope: Any, address: str, _options: Any) -> str:
        if said := self.answers.get("rcpt"):
            return said
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Any, envelope: Any) -> str:
        said = self.answers.get("data", "250 OK")
        if said in ("250 OK", "hang up"):
            self.letters.append(message_from_bytes(envelope.content, policy=default))
        if said == "hang up":
            server.transport.abort()
        return said

    def stop(self) -> None:
        self._controller.stop()


@pytest.fixture
def post() -> Iterator[Post]:
    running = Post()
    yield running
    running.stop()


@pytest.fixture
def has_mail(db, members) -> str:
    """The first member has an address, sealed; and no WeChat."""
    sealer = Sealer(Config(_env_file=None).sealing_keys)
    sealed = sealer.seal("li@example.org", f"member:{members[0]}:email")
    with db.transaction() as session:
        session.execute(update(Member).where(Member.id == members[0]).values(email_sealed=sealed, openid=None))
    return "li@example.org"


@pytest.fixture
def by_mail(delivery, post) -> Callable[[], Any]:
    mail = Mail(f"smtp+plain://127.0.0.1:{post.port}", "zhudian@county.example")
    return lambda: delivery(channels=[mail])


def test_a_letter_says_what_why_and_how_to_turn_it_off(decided, has_mail, by_mail, notices, post):
    decided()
    by_mail().run()
    (notice,) = notices()
    assert (notice.state, notice.channel) == ("sent", "email")
    (letter,) = post.letters
    assert (letter["To"], letter["Subject"]) == (has_mail, "复核结果（驻点通）")
    assert letter["From"].addresses[0].addr_spec == "zhudian@county.example"
    assert str(notice.id) in letter["Message-ID"]
    text = letter.get_content()
    assert "您11月24日 周二的打卡被驳回。理由：看不清站点。如有不同意见，可以申诉。" in text
    assert "为什么收到：这是您自己的打卡。" in text
    assert "不想收到邮件" in text


@pytest.mark.parametrize(
    ("stage", "answer", "state"),
    [
        ("rcpt", "550 no such user", "refused"),
        ("rcpt", "450 try again", "pending"),
        ("data", "554 looks like spam", "failed"),
        ("data", "451 disk full", "pending"),
        ("data", "hang up", "pending"),  # once more, in ten minutes
    ],
)
def test_what_the_server_says(decided, has_mail, by_mail, notices, post, stage, answer, state):
    post.answers[stage] = answer
    decided()
    by_mail().run()
    (notice,) = notices()
    assert notice.state == state
    assert notice.tries[-1]["outcome"] == {"pending": "uncertain" if answer == "hang up" else "later"}.get(state, state)
    assert "li@" not in str(notice.tries)
    assert "spam" not in str(notice.tries)


def test_a_server_that_is_away_is_tried_again(decided, has_mail, delivery, notices):
    decided()
    delivery(channels=[Mail(f"smtp+plain://127.0.0.1:{free_port()}", "zhudian@county.example")]).run()
    assert (notices()[0].state, notices()[0].attempts) == ("pending", 1)


def test_a_server_that_stays_away_is_left_alone_for_a_while():
    """Each try waits for seconds, and seven others, by WeChat, with it."""
    parcel = Parcel(1, uuid.uuid4(), uuid.uuid4(), "checkin_decided", DECIDED, "email", "li@example.org", "claim")
    mail = Mail(f"smtp+plain://127.0.0.1:{free_port()}", "zhudian@county.example")
    said = [mail.send(parcel) for _ in range(6)]
    assert {outcome.word for outcome in said} == {"later"}
    assert ["left alone" in str(outcome.error) for outcome in said] == [False] * 5 + [True]


def test_a_letter_sent_twice_is_the_same_letter(decided, has_mail, by_mail, notices, post, clock):
    post.answers["data"] = "hang up"
    decided()
    hand = by_mail()
    hand.run()
    del post.answers["data"]
    clock.advance(minutes=11)
    hand.run()
    assert notices()[0].state == "sent"
    first, second = post.letters
    assert first["Message-ID"] == second["Message-ID"]


@pytest.mark.parametrize("address", ["张三@example.org", "li@例子.example", "li@example.org\r\nBcc: all@example.org"])
def test_an_address_that_cannot_be_written_is_refused_and_nothing_leaves(post, address):
    """It is not "uncertain", which would say that it may have arrived, and try again."""
    mail = Mail(f"smtp+plain://127.0.0.1:{post.port}", "zhudian@county.example")
    outcome = mail.send(Parcel(1, uuid.uuid4(), uuid.uuid4(), "checkin_decided", DECIDED, "email", address, "claim"))
    assert (outcome.word, post.letters) == ("refused", [])
    assert address not in str(outcome)


def test_a_reminder_is_not_mailed(members, write, has_mail, by_mail, notices, post):
    write(members[0])
    by_mail().run()
    assert notices()[0].state == "refused"
    assert post.letters == []


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """(certificate, key) of 127.0.0.1, its own authority."""
    folder = tmp_path_factory.mktemp("tls")
    made, key = folder / "cert.pem", folder / "key.pem"
    own = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder(name, name, own.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(own, hashes.SHA256())
    )
    made.write_bytes(signed.public_bytes(Encoding.PEM))
    key.write_bytes(own.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return made, key


@pytest.mark.parametrize(
    ("password", "trusts", "word"), [("p%40ss", True, "sent"), ("wrong", True, "later"), ("p%40ss", False, "later")]
)
def test_the_password_travels_by_tls_alone(certificate, password, trusts, word):
    made, key = certificate
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(made, key)
    post = Post(tls)
    try:
        url = f"smtp://zhudian:{password}@127.0.0.1:{post.port}"
        mail = Mail(url, "zhudian@county.example", timeout_s=2, trusted=str(made) if trusts else None)
        parcel = Parcel(1, uuid.uuid4(), uuid.uuid4(), "checkin_decided", DECIDED, "email", "li@example.org", "claim")
        outcome = mail.send(parcel)
    finally:
        post.stop()
    assert (outcome.word, len(post.letters)) == (word, word == "sent")
    assert password not in str(outcome)


def test_what_is_turned_off_in_wechat_goes_by_mail_and_what_is_turned_off_everywhere_stays_inside(
    decided, write, members, delivery, notices, sandbox, post, db, clock
):
    sealed = Sealer(Config(_env_file=None).sealing_keys).seal("li@example.org", f"member:{members[0]}:email")
    with db.transaction() as session:
        session.execute(update(Member).where(Member.id == members[0]).values(email_sealed=sealed))
        for who, places in ((0, ["wechat"]), (1, ["wechat", "email"])):
            for place in places:
                key = {"county_id": 1, "member_id": members[who], "kind": "checkin_decided", "place": place}
                session.add(NoticeMute(**key, muted_at=clock()))
    decided("k0", 0)
    decided("k1", 1)
    write(members[1], "k2")  # another kind of hers
    mail = Mail(f"smtp+plain://127.0.0.1:{post.port}", "zhudian@county.example")
    delivery(channels=[mail]).run()
    assert [(notice.state, notice.channel) for notice in notices()] == [
        ("sent", "email"),
        ("muted", None),
        ("sent", "subscribe"),
    ]
    assert len(sandbox.state.messages) == len(post.letters) == 1

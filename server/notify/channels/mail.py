"""E-mail over SMTP: TLS from the first byte (smtps), or STARTTLS that must succeed (smtp); time limits everywhere."""

import smtplib
import ssl
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from urllib.parse import unquote, urlsplit

from circuitbreaker import CircuitBreaker

from server.notify import messages
from server.notify.channel import SENT, Outcome, Parcel, Recipient

_TIMEOUT_S = 5  # a step of the conversation; some ten of them stay below a claim's minute
_SICK_AFTER, _LEFT_ALONE_S = 5, 30  # a server that does not answer holds up what goes by WeChat beside it
_WHERE = "驻点通"


class Mail:
    """One mail account. `url`: smtps://user:password@host:465 or smtp://…:587; smtp+plain only to this machine."""

    name = "email"

    def __init__(self, url: str, sender: str, timeout_s: float = _TIMEOUT_S, trusted: str | None = None) -> None:
        parts = urlsplit(url)
        self._scheme = parts.scheme
        self._host, self._port = parts.hostname or "", parts.port or (465 if parts.scheme == "smtps" else 587)
        self._user, self._password = unquote(parts.username or ""), unquote(parts.password or "")
        self._sender = sender
        self._timeout_s = timeout_s
        self._tls = ssl.create_default_context(cafile=trusted)
        self._breaker = CircuitBreaker(_SICK_AFTER, _LEFT_ALONE_S, name="smtp")

    def address(self, kind: str, county_id: int, to: Recipient | None) -> str | None:
        return to.email if to else None

    def template(self, kind: str) -> str:
        return kind

    def send(self, parcel: Parcel) -> Outcome:
        """Until the letter's last byte is on its way nothing can have arrived; from then on only the answer tells."""
        if not _can_be_written(parcel.address):
            return Outcome("refused", "SMTP: the address cannot be written")
        letter = compose(parcel, self._sender)
        if self._breaker.opened:
            return Outcome("later", "SMTP left alone for a while: it has not been answering")
        try:
            server = self._breaker.call(self._connected)
        except smtplib.SMTPAuthenticationError as error:  # the operator mends it, the letter still goes out
            return Outcome("later", f"SMTP {error.smtp_code}: signing in")
        except smtplib.SMTPException as error:
            return Outcome("later", f"SMTP: {type(error).__name__}")
        except (OSError, ValueError) as error:  # ValueError: a password that SMTP has no letters for
            return Outcome("later", f"SMTP not reached: {type(error).__name__}")
        try:
            return self._handed_over(server, parcel.address, letter)
        finally:
            server.close()

    def _connected(self) -> smtplib.SMTP:
        if self._scheme == "smtps":
            server: smtplib.SMTP = smtplib.SMTP_SSL(self._host, self._port, timeout=self._timeout_s, context=self._tls)
        else:
            server = smtplib.SMTP(self._host, self._port, timeout=self._timeout_s)
        try:
            if self._scheme == "smtp":
                server.starttls(context=self._tls)
            server.ehlo_or_helo_if_needed()
            if self._user:
                server.login(self._user, self._password)
        except BaseException:
            server.close()
            raise
        return server

    def _handed_over(self, server: smtplib.SMTP, address: str, letter: EmailMessage) -> Outcome:
        try:
            for step, code in (
                ("sender", server.mail(self._sender)[0]),
                ("recipient", server.rcpt(address)[0]),
            ):
                if code >= 500:
                    return Outcome("refused" if step == "recipient" else "failed", f"SMTP {code}: {step}")
                if code >= 400:
                    return Outcome("later", f"SMTP {code}: {step}")
        except (smtplib.SMTPException, OSError) as error:
            return Outcome("later", f"SMTP: {type(error).__name__}")
        try:
            code, _ = server.data(letter.as_bytes())
        except smtplib.SMTPDataError as error:  # refused before a byte of the letter
            code = error.smtp_code
        except (smtplib.SMTPException, OSError) as error:
            return Outcome("uncertain", f"SMTP: {type(error).__name__} after the letter left")
        if code >= 500:
            return Outcome("failed", f"SMTP {code}: letter")
        return Outcome("later", f"SMTP {code}: letter") if code >= 400 else SENT


def _can_be_written(address: str) -> bool:
    """Whether it fits a line of SMTP and of a head; Chinese letters would need SMTPUTF8, which few servers have."""
    return address.isascii() and address.isprintable()


def compose(parcel: Parcel, sender: str) -> EmailMessage:
    """The letter: what happened, why they got it, how to turn it off. Its Message-ID is the notice's, so that a letter
    sent twice can be told by whoever receives it. Raises messages.Unfit."""
    kind = messages.KINDS[parcel.kind]
    letter = EmailMessage(policy=SMTP_POLICY)
    domain = sender.rpartition("@")[2]
    letter["Subject"] = f"{kind.title}（{_WHERE}）"
    letter["From"] = Address(_WHERE, addr_spec=sender)
    letter["To"] = parcel.address
    letter["Message-ID"] = f"<{parcel.id}@{domain}>"
    letter["Auto-Submitted"] = "auto-generated"
    letter.set_content(
        f"{messages.sentence(parcel.kind, parcel.facts)}\n\n"
        f"请在微信小程序“{_WHERE}”里查看。\n\n"
        f"为什么收到：{kind.why}\n不想收到邮件：在小程序“我的—消息设置”里关闭“{kind.title}”的邮件。\n"
    )
    return letter

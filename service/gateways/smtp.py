"""SMTP over TLS (RFC 5321, 3207, 8314): to a mail-to-SMS gateway, or to one mailbox."""

from __future__ import annotations

import smtplib
import socket
import ssl
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import format_datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from service.gateways.address import Ways, secret_of
from service.gateways.deadline import Deadline
from service.gateways.gateway import Failure, NotTaken, Outgoing

ANSWER_SECONDS: Final = 15.0
"""For each answer of a server."""
MAIL_SECONDS: Final = 60.0
"""For a whole mail, of a dozen answers."""


class Security(StrEnum):
    STARTTLS = "starttls"
    TLS = "tls"
    """TLS from the first byte (RFC 8314)."""


@dataclass(frozen=True, kw_only=True)
class Smtp:
    ways: Ways
    host: str
    port: int
    security: Security
    username: str
    """Empty: nobody signs in."""
    password_file: Path | None
    sender: str
    receiver: str
    """An address; ``{telephone}`` in it stands for the number."""

    def send(self, message: Outgoing) -> None:
        written = self._written(message)
        password = secret_of(self.password_file).decode("utf-8", "replace") if self.username else ""
        trusted = self.ways.trusted()
        try:
            with _Client(self.ways, trusted, self.security, self.host, self.port) as client:
                if self.security is Security.STARTTLS:
                    client.starttls(context=trusted)
                if self.username:
                    client.login(self.username, password)
                client.send_message(written)
        except ssl.SSLCertVerificationError:
            raise NotTaken(Failure.NOT_TRUSTED) from None
        except smtplib.SMTPNotSupportedError:
            raise NotTaken(Failure.NOT_TRUSTED) from None  # no STARTTLS: nothing goes out in the clear
        except smtplib.SMTPAuthenticationError:
            raise NotTaken(Failure.NOT_LET_IN) from None
        except smtplib.SMTPRecipientsRefused as refused:
            codes = [code for code, _ in refused.recipients.values()]
            raise NotTaken(_failure_of(max(codes, default=0), Failure.REFUSED)) from None
        except smtplib.SMTPDataError as refused:
            raise NotTaken(_failure_of(refused.smtp_code, Failure.REFUSED)) from None
        except smtplib.SMTPResponseException as refused:
            # The greeting, or who we are: it would meet every message.
            raise NotTaken(_failure_of(refused.smtp_code, Failure.NOT_LET_IN)) from None
        except (OSError, smtplib.SMTPException):
            raise NotTaken(Failure.AWAY) from None

    def _written(self, message: Outgoing) -> EmailMessage:
        written = EmailMessage()
        written["From"] = self.sender
        written["To"] = self.receiver.replace("{telephone}", message.number)
        written["Subject"] = message.subject
        written["Date"] = format_datetime(message.happened_at)
        written["Message-ID"] = f"<{message.id}@{self.sender.rpartition('@')[2]}>"
        written["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody answers it by a machine
        written.set_content(message.text, cte="base64")  # every server carries it
        return written


class _Client(smtplib.SMTP):
    """A client that connects to an address which was checked."""

    def __init__(self, ways: Ways, trusted: ssl.SSLContext, security: Security, host: str, port: int) -> None:
        self._ways = ways
        self._trusted = trusted
        self._security = security
        self._deadline = Deadline(MAIL_SECONDS)
        self._ended = ExitStack()
        super().__init__(host, port, timeout=ANSWER_SECONDS)

    def _get_socket(self, host: str, port: int, timeout: Any) -> socket.socket:
        plain = self._ways.connect(host, port, self._deadline)
        plain.settimeout(timeout)
        self._ended.enter_context(self._deadline.ending(plain))
        if self._security is Security.TLS:
            try:
                return self._trusted.wrap_socket(plain, server_hostname=host)
            except OSError:
                self.close()
                raise
        return plain

    def __exit__(self, *raised: object) -> None:
        """Leave; whatever a server says to that takes no message back."""
        with suppress(OSError):
            self.docmd("QUIT")
        self.close()

    def close(self) -> None:
        self._ended.close()
        super().close()


def _failure_of(code: int, final: Failure) -> Failure:
    """RFC 5321 4.2.1: 4yz comes again, 5yz is final."""
    return final if code >= 500 else Failure.BUSY

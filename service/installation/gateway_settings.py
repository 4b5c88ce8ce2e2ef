"""Settings of gateways: how messages reach patients, staff and other systems."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from reading.forwarding.addresses import is_allowed
from reading.messages.routes import WORDED, Audience
from service.installation import setting_values
from service.installation.setting_values import Networks, described

FOLDER: Final = "folder"
NONE: Final = "none"
_OF_PEOPLE: Final = setting_values.one_of(FOLDER, "sms", "smtp", "webhook")
LEAST_SECRET_BYTES: Final = 16


@dataclass(frozen=True, kw_only=True)
class GatewaySettings:
    """The part of `Settings` that says by which gateways messages go out; docs/messages.md explains them."""

    gateway_patients: str = field(
        default=FOLDER,
        metadata=described(
            _OF_PEOPLE,
            "How messages reach the telephones of patients: `sms`, `smtp`, `webhook`, or `folder`, by which nothing is "
            "sent.",
        ),
    )
    gateway_staff: str = field(
        default=FOLDER,
        metadata=described(
            _OF_PEOPLE,
            "How messages reach the telephones of those on duty: `sms`, `smtp`, `webhook`, or `folder`, by which "
            "nothing is sent.",
        ),
    )
    gateway_systems: str = field(
        default=NONE,
        metadata=described(
            setting_values.one_of(NONE, FOLDER, "webhook"),
            "How another system hears of events, by ids alone: `webhook`, `folder`, or `none`.",
        ),
    )
    gateway_language: str = field(
        default="zh",
        metadata=described(setting_values.one_of("zh", "en"), "Language of the messages to people: `zh` or `en`."),
    )
    gateway_folder: Path | None = field(
        default=None,
        metadata=described(
            setting_values.folder,
            "Folder of the gateway `folder`; its files are removed after a week. "
            "Empty: the folder `messages` in the data folder.",
        ),
    )
    gateway_origins: tuple[str, ...] = field(
        default=(),
        metadata=described(
            setting_values.origins,
            "Servers that the gateways `sms` and `webhook` may call, and the speech service, such as "
            "`https://sms.example.cn`, separated by commas; redirects are not followed.",
        ),
    )
    gateway_networks: Networks = field(
        default=(),
        metadata=described(
            setting_values.networks,
            "Private networks in which a gateway may be, separated by commas. Empty: only public addresses are called.",
        ),
    )
    gateway_authorities_file: Path | None = field(
        default=None,
        metadata=described(
            setting_values.folder,
            "Certificates in PEM of the authorities that sign those of gateways. Empty: those that this machine "
            "trusts.",
        ),
    )
    gateway_sms_url: str = field(
        default="",
        metadata=described(setting_values.https_url, "Where the gateway `sms` posts the call of a template."),
    )
    gateway_sms_secret_file: Path | None = field(
        default=None,
        metadata=described(setting_values.folder, "File that holds the secret of the gateway `sms`."),
    )
    gateway_sms_signature: str = field(
        default="hmac",
        metadata=described(
            setting_values.one_of("hmac", "bearer"),
            "How the calls of the gateway `sms` prove who sends them: signed with the secret (`hmac`), or by the "
            "secret itself as a bearer token (`bearer`).",
        ),
    )
    gateway_sms_sender: str = field(
        default="",
        metadata=described(
            setting_values.text, "The name in front of a message that the provider registered (短信签名). Empty: none."
        ),
    )
    gateway_sms_templates: tuple[tuple[str, str], ...] = field(
        default=(),
        metadata=described(
            setting_values.pairs,
            "The provider's ids of our templates, such as `report_ready=SMS_101, sign_in_code=SMS_102`; "
            "docs/messages.md lists ours. A template that is not named is called by our name.",
        ),
    )
    gateway_smtp_server: str = field(
        default="",
        metadata=described(
            setting_values.address, "Server of the gateway `smtp` with its port, such as `mail.example.cn:587`."
        ),
    )
    gateway_smtp_security: str = field(
        default="starttls",
        metadata=described(
            setting_values.one_of("starttls", "tls"),
            "How TLS begins: asked for after the greeting (`starttls`, port 587), or at once (`tls`, port 465).",
        ),
    )
    gateway_smtp_username: str = field(
        default="",
        metadata=described(setting_values.text, "Whom the gateway `smtp` signs in as. Empty: it does not sign in."),
    )
    gateway_smtp_password_file: Path | None = field(
        default=None,
        metadata=described(setting_values.folder, "File that holds the password for it."),
    )
    gateway_smtp_from: str = field(
        default="",
        metadata=described(setting_values.mailbox, "Address that mail of the gateway `smtp` comes from."),
    )
    gateway_smtp_to: str = field(
        default="",
        metadata=described(
            setting_values.mailbox,
            "Address that mail of the gateway `smtp` goes to: `{telephone}@sms.example.cn` for a mail-to-SMS gateway, "
            "or one mailbox.",
        ),
    )
    gateway_webhook_url: str = field(
        default="", metadata=described(setting_values.https_url, "Where the gateway `webhook` posts to.")
    )
    gateway_webhook_secret_file: Path | None = field(
        default=None,
        metadata=described(setting_values.folder, "File that holds the secret with which the gateway `webhook` signs."),
    )

    @property
    def gateways(self) -> Mapping[Audience, str]:
        """The kind of the gateway of each audience, `NONE` where it hears nothing."""
        return {
            Audience.PATIENT: self.gateway_patients,
            Audience.STAFF: self.gateway_staff,
            Audience.SYSTEM: self.gateway_systems,
        }


def unsent(settings: GatewaySettings) -> bool:
    """Whether messages to people only lie in a folder."""
    return FOLDER in {settings.gateway_patients, settings.gateway_staff}


def problems(read: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What is missing or does not fit among the settings that were written: the setting's name, and why."""
    chosen = [
        read.get("gateway_patients", FOLDER),
        read.get("gateway_staff", FOLDER),
        read.get("gateway_systems", NONE),
    ]
    found: list[tuple[str, str]] = []
    for kind in ("sms", "webhook"):
        url = f"gateway_{kind}_url"
        if kind in chosen:
            found += _needed(read, kind, url)
            bearer = kind == "sms" and read.get("gateway_sms_signature") == "bearer"
            found += secret_problems(
                read, f"gateway_{kind}_secret_file", needed_by=f"the gateway {kind}", as_token=bearer
            )
        if read.get(url) and not is_allowed(str(read[url]), read.get("gateway_origins", ())):
            found.append((url, "its origin is not among TIERREAD_GATEWAY_ORIGINS"))
    unknown = {name for name, _ in read.get("gateway_sms_templates", ())} - {str(one) for one in WORDED}
    found += [("gateway_sms_templates", f"there is no template {name}") for name in sorted(unknown)]
    if "smtp" in chosen:
        found += _needed(read, "smtp", "gateway_smtp_server", "gateway_smtp_from", "gateway_smtp_to")
        if read.get("gateway_smtp_username"):
            found += secret_problems(read, "gateway_smtp_password_file", needed_by="the gateway smtp", least=1)
    return found


def _needed(read: Mapping[str, Any], kind: str, *names: str) -> list[tuple[str, str]]:
    return [(name, f"needed by the gateway {kind}") for name in names if not read.get(name)]


def secret_problems(
    read: Mapping[str, Any],
    name: str,
    *,
    needed_by: str,
    least: int = LEAST_SECRET_BYTES,
    as_token: bool = False,
) -> list[tuple[str, str]]:
    """What is wrong with the file of a secret: not named, not there, too short, or (``as_token``) not for a header."""
    path: Path | None = read.get(name)
    if path is None:
        return [(name, f"needed by {needed_by}")]
    try:
        secret = path.read_bytes().strip()
    except OSError as unreadable:
        return [(name, f"cannot read {path}: {unreadable.strerror}")]
    if len(secret) < least:
        return [(name, f"{path} holds less than {least} bytes")]
    return [(name, f"{path} is not one line of ASCII")] if as_token and not setting_values.is_token(secret) else []

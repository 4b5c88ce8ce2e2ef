"""Which gateway takes the messages to whom, and which speech service hears, as the settings say."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from reading.messages.routes import Audience
from service.gateways.address import Ways
from service.gateways.dictation import SpeechService
from service.gateways.folder import Folder
from service.gateways.gateway import Gateway
from service.gateways.sms import Signing, Sms
from service.gateways.smtp import Security, Smtp
from service.gateways.webhook import Webhook
from service.installation.gateway_settings import NONE
from service.installation.setting_values import address_of
from service.installation.settings import Settings

FOLDER_NAME: Final = "messages"


def gateways_of(settings: Settings) -> Mapping[Audience, Gateway]:
    """The gateway of each audience; without one where nobody of it is told."""
    return {audience: _gateway(settings, kind) for audience, kind in settings.gateways.items() if kind != NONE}


def speech_service_of(settings: Settings) -> SpeechService | None:
    """The speech service of the region; None where nobody dictates."""
    if not settings.dictation_url:
        return None
    return SpeechService(
        ways=_ways(settings),
        url=settings.dictation_url,
        secret_file=settings.dictation_secret_file,
        seconds=settings.dictation_seconds,
    )


def folder_of(settings: Settings) -> Path:
    return settings.gateway_folder or settings.data_dir / FOLDER_NAME


def _ways(settings: Settings) -> Ways:
    return Ways(networks=settings.gateway_networks, authorities_file=settings.gateway_authorities_file)


def _gateway(settings: Settings, kind: str) -> Gateway:
    ways = _ways(settings)
    match kind:
        case "sms":
            return Sms(
                ways=ways,
                url=settings.gateway_sms_url,
                secret_file=settings.gateway_sms_secret_file,
                signing=Signing(settings.gateway_sms_signature),
                sender=settings.gateway_sms_sender,
                templates=dict(settings.gateway_sms_templates),
            )
        case "smtp":
            host, port = address_of(settings.gateway_smtp_server)
            return Smtp(
                ways=ways,
                host=host,
                port=port,
                security=Security(settings.gateway_smtp_security),
                username=settings.gateway_smtp_username,
                password_file=settings.gateway_smtp_password_file,
                sender=settings.gateway_smtp_from,
                receiver=settings.gateway_smtp_to,
            )
        case "webhook":
            return Webhook(
                ways=ways, url=settings.gateway_webhook_url, secret_file=settings.gateway_webhook_secret_file
            )
        case _:
            return Folder(folder_of(settings))

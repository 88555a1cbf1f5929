"""What a desk reads before it serves. The doctor, a start and `/admin` ask beforehand: a desk that ends with a fault of
these files at its first start ends the whole line."""

from collections.abc import Callable

from acd.config.given_secrets import smtp_password, text_token
from acd.config.https import CertificateError, server_context
from acd.config.settings import Settings
from acd.desk.town_files import checked_town
from acd.engine.model.errors import BadConfig


def start_faults(settings: Settings) -> list[str]:
    """Every fault with which the desk would refuse to start, one line each: key, value, what is allowed."""
    asked: list[Callable[[Settings], object]] = [checked_town, server_context]
    if not settings.line_elsewhere:  # the line's own desk alone sends letters
        if settings.smtp_server:
            asked.append(smtp_password)
        if settings.text_gateway == "http":
            asked.append(text_token)
    told: list[str] = []
    for ask in asked:
        try:
            ask(settings)
        except (BadConfig, CertificateError) as error:
            told += str(error).splitlines()
    return told

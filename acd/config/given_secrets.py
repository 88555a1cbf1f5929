"""Secrets of other people's servers, in files that settings name: of the mail server and of the gateway for text
messages."""

from pathlib import Path

from acd.config.settings import Settings
from acd.engine.model.errors import BadConfig


def smtp_password(settings: Settings) -> str:
    """The password for `smtp_server`; empty if none is set. Raises `BadConfig`."""
    return _given("smtp_password_file", settings.smtp_password_file)


def text_token(settings: Settings) -> str:
    """The token for `text_url`; empty if none is set. Raises `BadConfig`."""
    return _given("text_token_file", settings.text_token_file)


def _given(key: str, path: Path | None) -> str:
    if path is None:
        return ""
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError as error:
        reason = error.strerror or str(error)
    except UnicodeDecodeError:
        reason = "it is not UTF-8 text"
    raise BadConfig(
        f"{key} = {str(path)!r}: {reason}; a text file with the secret alone is allowed, which the desk's user can "
        "read; or leave the setting out"
    )

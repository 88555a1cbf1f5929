"""The user of this machine that `run_as` names."""

import pwd

from acd.config.settings import Settings, SettingsError


def wanted_user(settings: Settings) -> pwd.struct_passwd | None:
    """The user; None if no other one is wanted. Raises `SettingsError` if there is none of this name."""
    name = settings.run_as
    if not name:
        return None
    try:
        return pwd.getpwnam(name)
    except KeyError:
        raise SettingsError(
            f"run_as = {name!r}: there is no such user; make one: "
            f"useradd --system --no-create-home --shell /usr/sbin/nologin {name}"
        ) from None

"""Doctor: the OpenID Connect provider by whose accounts people sign in, if there is one."""

import asyncio
import stat
import time

from acd.cli.finding import Finding, Findings, bad, ok, warning
from acd.config.settings import Settings

NAME = "OpenID"
LONGEST_NAME = 200
"""Letters of a foreign issuer that are shown at most."""


def check_openid(settings: Settings) -> Findings:
    """Whether a sign-in by the provider can begin, which the desk would find out at the first one. A provider that does
    not answer is a warning: it may pass, and passwords are a way in."""
    if not settings.openid_issuer:
        return
    yield from _check_secret(settings)
    yield _check_provider(settings)


def _check_secret(settings: Settings) -> Findings:
    """The mode of the file. Whether it can be read is found out with the provider."""
    file = settings.openid_client_secret_file
    try:
        mode = 0 if file is None else stat.S_IMODE(file.stat().st_mode)
    except OSError:
        return
    if mode & 0o007:
        yield warning(
            NAME,
            f"openid_client_secret_file = {str(file)!r} has mode {mode:o}, everybody can read it: run "
            f"`chmod o-rwx {file}`, and have the provider make a new secret",
        )


def _check_provider(settings: Settings) -> Finding:
    from acd.desk.openid_provider import AnotherIssuer, NoAnswer, NotBelieved, Provider
    from console.openid_ports import ProviderAway, ProviderRefused
    from console.ports import Unavailable

    provider = Provider(settings, now=time.time)
    where = f"openid_issuer = {settings.openid_issuer!r}: {provider.discovery_url}"
    try:
        asyncio.run(provider.check())
    except Unavailable:
        file = str(settings.openid_client_secret_file)
        return bad(
            NAME,
            f"openid_client_secret_file = {file!r}: cannot be read, or is empty; write the client's secret into it, "
            "for the desk's user to read",
        )
    except AnotherIssuer as error:
        if not error.named:
            return bad(NAME, f"{where} names no issuer, so it is no provider's; correct openid_issuer")
        named = error.named[:LONGEST_NAME]
        return bad(NAME, f"{where} names {named!r}; set openid_issuer to what it names, to the letter")
    except NoAnswer as error:
        return warning(
            NAME,
            f"{where}: {error}; people can sign in with passwords alone: see that the provider runs and that this "
            "machine reaches it without a proxy, or correct openid_issuer",
        )
    except NotBelieved as error:
        return bad(
            NAME, f"{where}: {error}; renew it there, or put its authority's certificate among those of this system"
        )
    except (ProviderAway, ProviderRefused) as error:
        return bad(NAME, f"{where}: {error}; correct openid_issuer, or what the provider says there")
    return ok(NAME, f"{provider.issuer} answers; the redirect address to register there is {provider.return_url}")

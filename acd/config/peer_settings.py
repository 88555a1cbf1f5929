"""Addresses that are believed without a password, the trunk's and the proxies': a part of `acd.config.settings`."""

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings

from acd.lib.networks import WIDEST, Network, is_too_wide, network


class PeerFields(BaseSettings):
    """Settings of the trunk's and the proxies' addresses."""

    trunk_hosts: tuple[str, ...] = Field(("127.0.0.1",), description="addresses whose INVITEs are calls from the trunk")
    trusted_proxies: tuple[str, ...] = Field(
        (),
        description="addresses or networks of the proxies before http_port; whoever comes through one has the address "
        "that its X-Forwarded-For says; empty: no such header is believed",
    )

    @field_validator("trunk_hosts")
    @classmethod
    def _trunks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for one in value:
            found = _network(one)
            if is_too_wide(found):
                raise ValueError(
                    f"{one} is no trunk but a large part of the internet, and all of it would call without a password: "
                    f"the addresses of the provider's gateways are allowed, or a network no wider than "
                    f"/{WIDEST[found.version]}"
                )
        return value

    @field_validator("trusted_proxies")
    @classmethod
    def _proxies(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for one in value:
            if is_too_wide(_network(one)):
                raise ValueError(
                    f"{one} is a large part of the internet, and everybody in it could say to be at any address: the "
                    "addresses of your own proxies are allowed"
                )
        return value


def _network(text: str) -> Network:
    try:
        return network(text)
    except ValueError:
        raise ValueError("a list of IP addresses or networks is allowed") from None

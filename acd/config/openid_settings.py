"""How people sign in with their institution's account: a part of `acd.config.settings`."""

import re
from pathlib import Path

from pydantic import Field, field_validator, model_validator
from pydantic_settings import BaseSettings

from acd.lib.networks import has_a_port

_HERE = r"http://(?:localhost|127\.0\.0\.1|\[::1\])(?::[0-9]{1,5})?"
_HOST = r"https://[A-Za-z0-9.-]+(?::[0-9]{1,5})?"
ISSUER = re.compile(rf"(?:{_HOST}|{_HERE})(?:/[^\s?#]*)?")
DESK = re.compile(rf"(?:{_HOST}|{_HERE})")


class OpenIdFields(BaseSettings):
    """Settings of OpenID Connect, which is off without an issuer. Plain HTTP is allowed on this machine alone."""

    openid_issuer: str = Field(
        "",
        description="OpenID Connect provider by whose accounts people sign in, as its discovery document names it; "
        "empty: by password only",
    )
    openid_client_id: str = Field(
        "", pattern=r"^[!-~]{0,200}$", description="the desk's name at the provider; openid_issuer needs it"
    )
    openid_client_secret_file: Path | None = Field(
        None, description="file with the desk's secret at the provider; none: a public client (PKCE alone)"
    )
    openid_desk_url: str = Field(
        "",
        description="address of the pages in people's browsers, without a path; openid_issuer needs it. The provider "
        "sends people back to /api/v1/session/openid/return there",
    )
    openid_claim: str = Field(
        "preferred_username",
        pattern=r"^[A-Za-z0-9_.:/-]{1,100}$",
        description="claim that names the user at the first sign-in; email counts only if the provider verified it. "
        "Later sign-ins go by the provider's own id of the person (sub)",
    )
    openid_domain: str = Field(
        "",
        pattern=r"^([a-z0-9-]+(\.[a-z0-9-]+)+)?$",
        description="if set, the claim is NAME@openid_domain, and NAME is the user; any other domain is refused",
    )

    @field_validator("openid_issuer")
    @classmethod
    def _an_issuer(cls, value: str) -> str:
        if value and not (ISSUER.fullmatch(value) and has_a_port(value)):
            raise ValueError("https://HOST/PATH is allowed, without query; http:// on this machine only")
        return value

    @field_validator("openid_desk_url")
    @classmethod
    def _a_desk(cls, value: str) -> str:
        if value and not (DESK.fullmatch(value) and has_a_port(value)):
            raise ValueError("https://HOST is allowed, without a path; http:// on this machine only")
        return value

    @model_validator(mode="after")
    def _a_provider_can_be_asked(self) -> "OpenIdFields":
        if self.openid_issuer:
            for key in ("openid_client_id", "openid_desk_url"):
                if not getattr(self, key):
                    raise ValueError(f"{key} is not set: openid_issuer needs it")
            if self.openid_claim == "email" and not self.openid_domain:
                raise ValueError("openid_domain is not set: openid_claim = email needs it, since a user has no @")
        return self

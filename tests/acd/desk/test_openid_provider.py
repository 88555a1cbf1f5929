"""What a provider may say, and what is believed of it: discovery, ID tokens, answers that are none."""

import base64
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, RSAKey

from acd.config.load_settings import load_settings
from acd.config.settings import SettingsError
from acd.desk import openid_provider
from acd.desk.openid import user_named
from acd.desk.openid_provider import Proof, Provider, refusal
from console.openid_ports import NotLetIn, ProviderAway, ProviderRefused

ISSUER = "https://id.example"
GIVEN: dict[str, Any] = {
    "openid_issuer": ISSUER, "openid_client_id": "desk", "openid_desk_url": "https://desk.example"
}  # fmt: skip
KEY, OTHER = RSAKey.generate_key(2048, {"kid": "k"}), RSAKey.generate_key(2048, {"kid": "k"})
CURVE = ECKey.generate_key("P-256", {"kid": "c"})
DISCOVERY = {
    "issuer": ISSUER,
    "authorization_endpoint": f"{ISSUER}/auth",
    "token_endpoint": f"{ISSUER}/token",
    "jwks_uri": f"{ISSUER}/keys",
    "userinfo_endpoint": f"{ISSUER}/me",
    "id_token_signing_alg_values_supported": ["RS256", "ES256", "HS256", "none"],
}


class Answers:
    """A provider in memory; a test sets what it says."""

    def __init__(self) -> None:
        self.discovery: Any = dict(DISCOVERY)
        self.token: Any = {}
        self.me: Any = {}
        self.status = 200
        self.asked: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """The answer to a request."""
        self.asked.append(request)
        keys = {"keys": [key.as_dict(private=False) for key in (KEY, CURVE)]}
        found = {
            "/.well-known/openid-configuration": (200, self.discovery),
            "/token": (self.status, self.token),
            "/keys": (200, keys),
            "/me": (200, self.me),
        }[request.url.path]
        content = found[1] if isinstance(found[1], bytes) else json.dumps(found[1]).encode()
        return httpx.Response(found[0], content=content)


@pytest.fixture
def answers() -> Answers:
    return Answers()


@pytest.fixture
def provider(answers: Answers, monkeypatch: pytest.MonkeyPatch) -> Provider:
    made = Provider(load_settings(**GIVEN), now=time.time)
    monkeypatch.setattr(made, "_client", lambda: httpx.AsyncClient(transport=httpx.MockTransport(answers)))
    return made


def claims(**more: Any) -> dict[str, Any]:
    now = int(time.time())
    found = {"iss": ISSUER, "aud": "desk", "sub": "7", "iat": now, "exp": now + 60, "nonce": "n", **more}
    return {name: value for name, value in found.items() if value is not None}


def signed(key: Any = KEY, alg: str = "RS256", kid: str | None = "k", **more: Any) -> str:
    header = {"alg": alg} | ({"kid": kid} if kid else {})
    return jwt.encode(header, claims(**more), key, algorithms=[alg])


async def proven(provider: Provider, answers: Answers, token: str) -> Proof:
    answers.token = {"access_token": "a", "token_type": "Bearer", "id_token": token}
    return await provider.prove("code", nonce="n", verifier="v")


async def test_a_token_that_is_right_proves_who_it_is(provider: Provider, answers: Answers) -> None:
    for token in (signed(), signed(CURVE, "ES256", "c"), signed(aud=["desk"]), signed(aud=["desk", "x"], azp="desk")):
        assert (await proven(provider, answers, token)).subject == "7"


def from_now(seconds: int) -> int:
    """A moment, seen from the test's own: all tests are collected an hour before some of them run."""
    return int(time.time()) + seconds


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda: signed(OTHER), "id_token_BadSignatureError"),
        (lambda: signed(kid="unknown"), "id_token_InvalidKeyIdError"),
        (lambda: signed(OctKey.import_key("a secret of both sides, long"), "HS256"), ""),
        (lambda: unsigned(), ""),
        (lambda: "no.token", ""),
        (lambda: signed(iss="https://id.example/"), "id_token_iss"),
        (lambda: signed(iss=None), "id_token_iss"),
        (lambda: signed(aud="another"), "id_token_aud"),
        (lambda: signed(aud=None), "id_token_aud"),
        (lambda: signed(aud=["desk", "another"]), "id_token_azp"),
        (lambda: signed(azp="another"), "id_token_azp"),
        (lambda: signed(exp=from_now(-3600)), "id_token_exp"),
        (lambda: signed(exp=None), "id_token_exp"),
        (lambda: signed(iat=from_now(3600)), ""),
        (lambda: signed(nbf=from_now(3600)), ""),
        (lambda: signed(nonce="another"), "id_token_nonce"),
        (lambda: signed(nonce=None), "id_token_nonce"),
        (lambda: signed(at_hash="another"), "id_token_at_hash"),
        (lambda: signed(sub=None), "id_token_sub"),
        (lambda: signed(sub=""), "id_token_sub"),
        (lambda: signed(sub="a\x00b"), "id_token_sub"),
        (lambda: signed(sub="7" * 256), "id_token_sub"),
        (lambda: signed(sub=7), "id_token_sub"),
    ],
)
async def test_a_token_that_is_wrong_proves_nothing(
    provider: Provider, answers: Answers, make: Callable[[], str], why: str
) -> None:
    with pytest.raises(ProviderRefused) as refused:
        await proven(provider, answers, make())
    if why:
        assert refused.value.why == why


def unsigned() -> str:
    parts = ({"alg": "none"}, claims())
    return ".".join(base64.urlsafe_b64encode(json.dumps(one).encode()).decode().rstrip("=") for one in parts) + "."


async def test_an_answer_without_a_token_proves_nothing(provider: Provider, answers: Answers) -> None:
    answers.token = {"access_token": "a"}
    with pytest.raises(ProviderRefused, match="no_id_token"):
        await provider.prove("code", nonce="n", verifier="v")


async def test_what_the_token_does_not_say_is_asked_of_the_same_person(provider: Provider, answers: Answers) -> None:
    proof = await proven(provider, answers, signed())
    answers.me = {"sub": "7", "preferred_username": "nermin"}
    assert (await provider.claims_of(proof))["preferred_username"] == "nermin"
    assert answers.asked[-1].headers["authorization"] == "Bearer a"
    answers.me = {"sub": "8", "preferred_username": "nermin"}
    with pytest.raises(ProviderRefused, match="userinfo_of_another"):
        await provider.claims_of(proof)


@pytest.mark.parametrize(
    "fault",
    [
        {"issuer": "https://elsewhere.example"},
        {"token_endpoint": "http://id.example/token"},
        {"jwks_uri": None},
        {"authorization_endpoint": "javascript:alert(1)"},
    ],
)
async def test_a_discovery_document_that_cannot_be_used(
    provider: Provider, answers: Answers, fault: dict[str, Any]
) -> None:
    answers.discovery |= fault
    with pytest.raises(ProviderAway):
        await provider.url(state="s", nonce="n", verifier="v" * 43)


@pytest.mark.parametrize("said", [b"<html>", b"[]", b"{" + b" " * openid_provider.LARGEST + b"}"])
async def test_an_answer_that_is_none_of_a_provider(provider: Provider, answers: Answers, said: bytes) -> None:
    answers.discovery = said
    with pytest.raises(ProviderAway):
        await provider.url(state="s", nonce="n", verifier="v" * 43)
    asked = len(answers.asked)
    with pytest.raises(ProviderAway):  # a crowd at the button does not ask at each press
        await provider.url(state="s", nonce="n", verifier="v" * 43)
    assert len(answers.asked) == asked


async def test_the_providers_own_words_get_into_no_log(provider: Provider, answers: Answers) -> None:
    answers.status, answers.token = 400, {"error": "nermin_kilic", "error_description": "Nermin Kılıç is unknown"}
    with pytest.raises(ProviderRefused) as refused:
        await provider.prove("code", nonce="n", verifier="v")
    assert refused.value.why == "http_400"
    assert isinstance(refusal("invalid_grant", "-"), ProviderRefused)
    assert isinstance(refusal("temporarily_unavailable", "-"), ProviderAway)


async def test_the_secret_goes_as_the_provider_takes_it(
    answers: Answers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "secret"
    file.write_text("100% secret\n", "utf-8")
    for ways, sent in (
        (["client_secret_basic", "client_secret_post"], httpx.BasicAuth("desk", "100%25+secret")._auth_header),
        (["client_secret_post"], None),
    ):
        provider = Provider(load_settings(**GIVEN, openid_client_secret_file=file), now=time.time)
        monkeypatch.setattr(provider, "_client", lambda: httpx.AsyncClient(transport=httpx.MockTransport(answers)))
        answers.discovery["token_endpoint_auth_methods_supported"] = ways
        await proven(provider, answers, signed())
        (request,) = (one for one in answers.asked if one.url.path == "/token")
        assert request.headers.get("authorization") == sent
        assert ("client_secret=100%25+secret" in request.content.decode()) == (sent is None)
        answers.asked.clear()


@pytest.mark.parametrize(
    ("value", "domain", "user"),
    [
        ("nermin", "", "nermin"),
        ("Nermin", "", "nermin"),
        ("nermin@town.example", "town.example", "nermin"),
        ("nermin@TOWN.example", "town.example", "nermin"),
        ("nermin", "town.example", None),
        ("nermin@x.town.example", "town.example", None),
        ("nermin@x@town.example", "town.example", None),
        ("nermin@town.example", "", None),
        ("nermın", "", None),  # another person there: keyboards are forgiven at the form alone
        ("\u212aemal", "", None),  # the sign of Kelvin, whose small letter is a k
        ("", "", None),
        (7, "", None),
        (None, "", None),
    ],
)
def test_a_claim_names_a_user_or_nobody(value: object, domain: str, user: str | None) -> None:
    found = {"preferred_username": value}
    if user is None:
        with pytest.raises(NotLetIn):
            user_named(found, claim="preferred_username", domain=domain)
    else:
        assert user_named(found, claim="preferred_username", domain=domain) == user


@pytest.mark.parametrize(
    ("given", "key"),
    [
        ({"openid_issuer": "http://id.example"}, "openid_issuer"),
        ({"openid_issuer": "https://id.example?x=1"}, "openid_issuer"),
        ({"openid_client_id": ""}, "openid_client_id"),
        ({"openid_desk_url": ""}, "openid_desk_url"),
        ({"openid_desk_url": "https://desk.example/path"}, "openid_desk_url"),
        ({"openid_desk_url": "http://desk.example"}, "openid_desk_url"),
        ({"openid_claim": "email"}, "openid_domain"),
        ({"openid_domain": "https://town.example"}, "openid_domain"),
    ],
)
def test_settings_that_cannot_be_are_refused_at_the_start(given: dict[str, str], key: str) -> None:
    with pytest.raises(SettingsError, match=key):
        load_settings(**GIVEN | given)

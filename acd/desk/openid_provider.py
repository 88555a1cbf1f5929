"""An OpenID Connect provider: what it says of itself, and the proof of who somebody is (authorization code, PKCE)."""

import asyncio
import json
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, cast
from urllib.parse import quote_plus

import httpx
import structlog
from authlib.oauth2.client import OAuth2Client
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, KeySetSerialization
from joserfc.jws import JWSRegistry

from acd.config.settings import Settings
from console.openid_ports import ProviderAway, ProviderRefused
from console.ports import Unavailable

log = structlog.get_logger()

RETURN_PATH: Final = "/api/v1/session/openid/return"
SCOPE: Final = "openid profile email"
ALGORITHMS: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Signatures that only the provider can make: none with a secret that both know, and never none."""
STEP_S: Final = 4.0
"""Seconds for one request to the provider."""
LARGEST: Final = 256 * 1024
FRESH_S: Final = 300.0
"""Seconds for which the discovery document is believed."""
AWAY_S: Final = 2.0
"""Seconds for which nobody asks a provider anew that did not answer."""
LEEWAY_S: Final = 30
"""Seconds by which the provider's clock may differ from ours."""
PASSING: Final = frozenset({"server_error", "temporarily_unavailable"})
CODES: Final = frozenset(
    {
        *("invalid_request", "unauthorized_client", "unsupported_response_type", "invalid_scope", "login_required"),
        *("interaction_required", "consent_required", "account_selection_required", "invalid_grant", "invalid_client"),
        *("unsupported_grant_type", "invalid_token", "insufficient_scope"),
    }
)
"""Errors of RFC 6749, RFC 6750 and OpenID Connect."""


class NoAnswer(ProviderAway):
    """The provider does not answer now, or says that it cannot. That may pass by itself."""


class NotBelieved(ProviderAway):
    """The provider's certificate is of no authority that this machine knows, or not of this host, or over."""


class AnotherIssuer(ProviderAway):
    """The discovery document names another issuer. `named`: which, as it says; it is no text for a log."""

    def __init__(self, named: str) -> None:
        super().__init__("the discovery document is another issuer's: is openid_issuer what it says, to the letter?")
        self.named = named


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """An ID token that was checked, and what is needed to ask for more."""

    subject: str
    claims: Mapping[str, Any]
    access_token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Metadata:
    authorization: str
    token: str
    keys: str
    userinfo: str
    by_post: bool
    """Whether the client's secret goes into the body, since the provider takes no header."""
    algorithms: tuple[str, ...]


class Provider:
    """The provider of these settings. `now` gives Unix seconds."""

    def __init__(self, settings: Settings, *, now: Callable[[], float]) -> None:
        self.issuer = settings.openid_issuer
        self.discovery_url = f"{self.issuer.rstrip('/')}/.well-known/openid-configuration"
        self.return_url = settings.openid_desk_url + RETURN_PATH
        self._client_id = settings.openid_client_id
        self._secret_file = settings.openid_client_secret_file
        self._now = now
        self._tls = ssl.create_default_context()  # the system's authorities, among them an institution's own
        self._metadata: _Metadata | None = None
        self._until = 0.0
        self._away = ""
        self._asking = asyncio.Lock()

    async def url(self, *, state: str, nonce: str, verifier: str) -> str:
        """Where a browser signs in. Raises `ProviderAway`, `ProviderRefused` or `Unavailable`."""
        self._secret()  # a fault of ours is told before anybody signs in there
        client = OAuth2Client(
            None, self._client_id, scope=SCOPE, redirect_uri=self.return_url, code_challenge_method="S256"
        )
        url, _ = client.create_authorization_url(
            (await self._known()).authorization, state, code_verifier=verifier, nonce=nonce
        )
        return str(url)

    async def prove(self, code: str, *, nonce: str, verifier: str) -> Proof:
        """Redeem a code. Raises `ProviderAway`, `ProviderRefused` or `Unavailable`."""
        known = await self._known()
        async with self._client() as client:
            answer = await self._redeem(client, known, code, verifier)
            access_token, id_token = answer.get("access_token"), answer.get("id_token")
            if not isinstance(id_token, str) or not isinstance(access_token, str):
                raise ProviderRefused("no_id_token")
            keys = await _asked(client, "GET", known.keys)
        claims = self._checked(id_token, keys, known.algorithms, nonce=nonce, access_token=access_token)
        return Proof(subject=claims["sub"], claims=claims, access_token=access_token)

    async def claims_of(self, proof: Proof) -> Mapping[str, Any]:
        """What the provider says of the person besides: many put nothing but `sub` into the ID token."""
        known = await self._known()
        if not known.userinfo:
            return {}
        async with self._client() as client:
            headers = {"authorization": f"Bearer {proof.access_token}"}
            found = await _asked(client, "GET", known.userinfo, headers=headers)
        if found.get("sub") != proof.subject:
            raise ProviderRefused("userinfo_of_another")
        return found

    async def check(self) -> None:
        """See that a sign-in can begin: the client's secret can be read, and the discovery document used. Asks the
        provider anew. Raises `ProviderAway`, `ProviderRefused` or `Unavailable`."""
        self._secret()
        await self._discovered()

    # --- the steps

    async def _known(self) -> _Metadata:
        async with self._asking:  # a crowd at a provider that is away asks it once
            if time.monotonic() < self._until:
                if self._metadata is None:
                    raise ProviderAway(self._away)
                return self._metadata
            try:
                self._metadata = await self._discovered()
            except (ProviderAway, ProviderRefused) as error:
                self._away, self._metadata, self._until = str(error), None, time.monotonic() + AWAY_S
                raise ProviderAway(self._away) from None
            self._until = time.monotonic() + FRESH_S
            return self._metadata

    async def _discovered(self) -> _Metadata:
        async with self._client() as client:
            return self._read(await _asked(client, "GET", self.discovery_url))

    def _read(self, found: Mapping[str, Any]) -> _Metadata:
        if found.get("issuer") != self.issuer:
            raise AnotherIssuer(str(found.get("issuer", "")))
        scheme = self.issuer.partition(":")[0] + "://"
        names = ("authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint")
        urls = [found.get(name, "") for name in names]
        for name, url in zip(names, urls, strict=True):
            if not isinstance(url, str) or not (url.startswith((scheme, "https://")) or (not url and "user" in name)):
                raise ProviderAway(f"the discovery document has no {name} that begins with {scheme}")
        ways = found.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        offered = found.get("id_token_signing_alg_values_supported", ["RS256"])
        return _Metadata(
            authorization=urls[0],
            token=urls[1],
            keys=urls[2],
            userinfo=urls[3],
            by_post="client_secret_basic" not in ways and "client_secret_post" in ways,
            algorithms=tuple(one for one in ALGORITHMS if one in offered),
        )

    async def _redeem(self, client: httpx.AsyncClient, known: _Metadata, code: str, verifier: str) -> Mapping[str, Any]:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.return_url,
            "code_verifier": verifier,
        }
        auth, secret = None, self._secret()
        if secret and not known.by_post:
            auth = httpx.BasicAuth(quote_plus(self._client_id), quote_plus(secret))
        else:
            form |= {"client_id": self._client_id} | ({"client_secret": secret} if secret else {})
        return await _asked(client, "POST", known.token, data=form, auth=auth)

    def _checked(
        self, id_token: str, keys: Mapping[str, Any], algorithms: tuple[str, ...], *, nonce: str, access_token: str
    ) -> Mapping[str, Any]:
        """The claims of an ID token whose signature, issuer, audience, time and nonce are right."""
        registry = JWSRegistry(algorithms=list(algorithms), strict_check_header=False)
        try:
            token = jwt.decode(id_token, KeySet.import_key_set(cast(KeySetSerialization, keys)), registry=registry)
            claims = CodeIDToken(
                token.claims,
                token.header,
                {
                    "iss": {"essential": True, "value": self.issuer},
                    "aud": {"essential": True, "value": self._client_id},
                    "nonce": {"essential": True, "value": nonce},
                },
                {"nonce": nonce, "client_id": self._client_id, "access_token": access_token},
            )
            claims.validate(now=int(self._now()), leeway=LEEWAY_S)
        except (JoseError, ValueError, KeyError, TypeError, AttributeError) as error:
            # Its words may hold what the token says of the person; the kind of error and the claim's name do not.
            claim = getattr(error, "claim", "")
            raise ProviderRefused(f"id_token_{claim or type(error).__name__}") from None
        subject = claims["sub"]
        if not isinstance(subject, str) or not (
            0 < len(subject) <= 255 and subject.isascii() and subject.isprintable()
        ):
            raise ProviderRefused("id_token_sub")
        return dict(claims)

    def _secret(self) -> str:
        if self._secret_file is None:
            return ""
        try:
            secret = self._secret_file.read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            log.error("openid_secret_unreadable", error=type(error).__name__)
            raise Unavailable("openid_client_secret_file cannot be read: the desk's log says why") from None
        if not secret:
            log.error("openid_secret_unreadable", error="empty")
            raise Unavailable("openid_client_secret_file is empty")
        return secret

    def _client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(verify=self._tls, timeout=STEP_S, follow_redirects=False, trust_env=False)


async def _asked(client: httpx.AsyncClient, method: str, url: str, **more: Any) -> Mapping[str, Any]:
    """The JSON object that the provider answers."""
    body = b""
    try:
        async with asyncio.timeout(STEP_S), client.stream(method, url, **more) as answer:
            async for piece in answer.aiter_bytes():
                body += piece
                if len(body) > LARGEST:
                    raise ProviderAway("an answer is too large")
            status = answer.status_code
    except TimeoutError:
        raise NoAnswer(f"no answer within {STEP_S:g} s") from None
    except httpx.HTTPError as error:
        if (why := _disbelief(error)) is not None:
            raise NotBelieved(f"its certificate is not believed: {why}") from None
        raise NoAnswer(f"no answer: {type(error).__name__}") from None
    try:
        found = json.loads(body)
    except ValueError:
        found = None
    if status >= 500 or not isinstance(found, dict):
        raise (NoAnswer if status >= 500 else ProviderAway)(f"an answer that is none of a provider: HTTP {status}")
    if status != 200:
        raise refusal(str(found.get("error", "")), f"http_{status}")
    return found


def _disbelief(error: BaseException | None) -> str | None:
    """Why the provider's certificate is not believed, in OpenSSL's words; None: it is not about that."""
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return error.verify_message
        error = error.__cause__ or error.__context__
    return None


def refusal(code: str, otherwise: str) -> ProviderAway | ProviderRefused:
    """What an error code of the provider means. Only known codes get into log and answer: anybody can write others."""
    if code in PASSING:
        return NoAnswer(code)
    return ProviderRefused(code if code in CODES else otherwise)

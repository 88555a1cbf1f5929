"""Signing in by an OpenID Connect provider.

Nothing is kept between the two steps. The browser's cookie is the time and a random word; state, nonce and the PKCE
verifier are MACs of it, which nobody can make without the desk's secret, and the cookie alone tells none of them."""

import hmac
import re
import secrets
import time
from base64 import urlsafe_b64encode
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any, Final

import structlog

from acd.config.settings import Settings
from acd.desk.openid_provider import Proof, Provider, refusal
from acd.desk.people import DeskPeople
from agents.people import USER
from console.openid_ports import Begun, Cancelled, NotBegunHere, NotLetIn, ProviderAway, ProviderRefused, Returned
from console.people_ports import SignedIn
from storage.people.sessions import digest_of

log = structlog.get_logger()

FLOW: Final = re.compile(r"[0-9]{1,12}\.[A-Za-z0-9_-]{43}\.(?:[0-9a-f]{64})?")
LASTS_S: Final = 600.0
"""Seconds for signing in at the provider."""
REMEMBERED: Final = 10_000
"""The most sign-ins that are known to have ended."""
TELL_EVERY_S: Final = 60.0
"""Seconds between two lines of the log for one reason: strangers could fill the disk."""


class DeskOpenId:
    """As `console.openid_ports.OpenId`."""

    def __init__(self, settings: Settings, people: DeskPeople, *, secret: bytes, now: Callable[[], float]) -> None:
        self.desk_url = settings.openid_desk_url
        self._claim, self._domain = settings.openid_claim, settings.openid_domain
        self._provider = Provider(settings, now=now)
        self._people = people
        self._secret = secret
        self._now = now
        self._ended: OrderedDict[str, None] = OrderedDict()
        self._told: dict[str, float] = {}

    async def begin(self, session: str) -> Begun:
        """Begin."""
        flow = f"{int(self._now())}.{secrets.token_urlsafe(32)}.{digest_of(session) if session else ''}"
        state, nonce, verifier = (self._mac(what, flow) for what in ("state", "nonce", "verifier"))
        try:
            url = await self._provider.url(state=state, nonce=nonce, verifier=verifier)
        except ProviderAway as error:
            self._tell("openid_away", str(error))
            raise
        return Begun(url=url, flow=flow)

    async def finish(self, returned: Returned) -> SignedIn:
        """Begin a session."""
        flow = returned.flow
        self._check(flow, returned.state)
        self._ended[flow] = None
        if len(self._ended) > REMEMBERED:
            self._ended.popitem(last=False)
        if returned.error == "access_denied":
            raise Cancelled
        try:
            return await self._finish(returned)
        except ProviderAway as error:
            self._tell("openid_away", str(error))
            raise
        except ProviderRefused as error:
            self._tell("openid_refused", error.why)
            raise
        except NotLetIn:
            self._tell("openid_refused", "not_let_in")
            raise

    async def _finish(self, returned: Returned) -> SignedIn:
        if returned.issuer not in ("", self._provider.issuer):  # RFC 9207: another provider's answer
            raise ProviderRefused("issuer_of_another")
        if returned.error or not returned.code:
            raise refusal(returned.error, "no_code")
        flow = returned.flow
        proof = await self._provider.prove(
            returned.code, nonce=self._mac("nonce", flow), verifier=self._mac("verifier", flow)
        )
        person = await self._people.bound(self._provider.issuer, proof.subject)
        if person is None:
            user = await self._named(proof)
            person = await self._people.bind(self._provider.issuer, proof.subject, user)
        return await self._people.sign_in_proven(person, instead_of=flow.rpartition(".")[2])

    async def _named(self, proof: Proof) -> str:
        """The user whom the claim names. Raises `NotLetIn` where it names none."""
        claims = proof.claims
        if self._claim not in claims:
            claims = {**await self._provider.claims_of(proof), "sub": proof.subject}
        return user_named(claims, claim=self._claim, domain=self._domain)

    def _check(self, flow: str, state: str) -> None:
        """Raise `NotBegunHere` unless this browser began it, not long ago, and has not ended it."""
        if not FLOW.fullmatch(flow) or flow in self._ended:
            raise NotBegunHere
        if not hmac.compare_digest(state.encode("utf-8", "replace"), self._mac("state", flow).encode()):
            raise NotBegunHere
        if not -1 <= self._now() - int(flow.partition(".")[0]) <= LASTS_S:
            raise NotBegunHere

    def _mac(self, what: str, flow: str) -> str:
        digest = hmac.digest(self._secret, f"openid-{what}\0{flow}".encode(), "sha256")
        return urlsafe_b64encode(digest).decode("ascii").rstrip("=")

    def _tell(self, event: str, why: str) -> None:
        now = time.monotonic()
        if now - self._told.get(why, -TELL_EVERY_S) >= TELL_EVERY_S:
            self._told[why] = now
            log.warning(event, why=why)


def user_named(claims: Mapping[str, Any], *, claim: str, domain: str) -> str:
    """The user whom a provider's claim names. Raises `NotLetIn` where it names none, or none who can be believed.

    Only ASCII is folded: by the rules of a keyboard `ırmak` would pass for `irmak`, and they are two people there."""
    value = claims.get(claim)
    if not isinstance(value, str) or not value.isascii():
        raise NotLetIn
    if claim == "email" and claims.get("email_verified") is not True:
        raise NotLetIn
    user = value.lower()
    if domain:
        user, at, there = user.rpartition("@")
        if not at or there != domain:
            raise NotLetIn
    if not USER.fullmatch(user):
        raise NotLetIn
    return user

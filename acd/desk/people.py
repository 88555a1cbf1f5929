"""People for the console: sign-in, sessions and tokens, and an audit that delays nobody."""

import asyncio
import base64
import hmac
import secrets
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Literal

import msgspec
import structlog

from acd.config.settings import Settings
from acd.desk.answers import asked
from acd.desk.believed import Believed
from acd.desk.hashing import Checks
from acd.desk.town_files import services_of
from acd.engine.model.errors import BadConfig
from acd.lib.clock import clock
from acd.lib.networks import client_of
from acd.lib.passwords import check_new_password, hash_password
from acd.lib.sign_in_delays import Delays
from agents.audit_actions import AuditAction
from agents.demo_people import demo_people, password_of
from agents.directory import parse_agents
from agents.people import PROGRAM, USER, Person, Token, user_of
from console.openid_ports import NotLetIn
from console.people_ports import (
    Identity,
    NoPassword,
    OnThisMachineOnly,
    SessionOver,
    SignedIn,
    SignIn,
    TooManyTries,
    WrongPassword,
)
from console.ports import Unavailable
from storage.people.audit import AuditEntry
from storage.people.people import NoSuchPerson, PasswordChanged, SessionEnded, Taken
from storage.people.sessions import Session, digest_of
from storage.people.stores import PeopleStores
from tickets.privacy.sought import Sought, sought_key

log = structlog.get_logger()

USED_EVERY_S: Final = 60.0
"""Seconds between two records of a session's use. The request itself does not write it: reading must not wait for a
writer."""
MOST_NOTES: Final = 10_000
"""The most audit entries that wait for the database; further ones are lost, and the log says so."""
BY_PROVIDER: Final = "openid"
"""The way of a session that began by an account at a provider, and its name in the audit."""
WRITE_EVERY_S: Final = 0.25
RETRY_S: Final = 2.0


class DeskPeople:
    """As `console.people_ports.People`. `stores` raises `Unavailable` as long as the database does not serve;
    `demo_serves` says whether the demo's people may sign in at all; `secret` marks browsers that are known."""

    def __init__(
        self,
        stores: Callable[[], PeopleStores],
        *,
        demo_serves: Callable[[], bool],
        secret: bytes,
        demo: Sequence[Person] = (),
        now: Callable[[], float] = clock,
    ) -> None:
        self._stores = stores
        self._clock = now
        self._demo = demo
        """People to be let in where there is nobody yet; empty once that is done."""
        self._seeding = asyncio.Lock()
        self._demo_serves = demo_serves
        self._secret = secret
        self._sought = Sought(sought_key(secret))
        self._checks = Checks()
        self._delays = Delays(time.monotonic)
        self._sessions = Believed[Session]()
        self._tokens = Believed[Token]()
        self._used: dict[str, float] = {}
        """Sessions whose use is still to be recorded, each with its last one: an answer of the database that lacks it
        may not end the session."""
        self._ending: set[str] = set()
        """Sessions that have ended here, and not yet in the database."""
        self._present: dict[str, str] = {}
        """The digests that sessions have now, by those with which they began, where a new password has changed them."""
        self._notes: deque[AuditEntry] = deque()
        self._lost = 0

    # --- signing in

    async def sign_in(self, wish: SignIn) -> SignedIn:
        """Begin a session."""
        user = user_of(wish.user)
        stores = self._stores()
        await self.seed()
        person = await asked(stores.people.get(user)) if USER.fullmatch(user) else None
        person, device = await self._proven(person, user, wish)
        if person.demo and not (wish.is_local and self._demo_serves()):
            raise OnThisMachineOnly
        return await self._begin(person, device, digest_of(wish.session))

    async def _proven(self, person: Person | None, user: str, wish: SignIn) -> tuple[Person, str]:
        """The person with this user name, and their browser's cookie if it is known, once their password is right. A
        wrong one counts. Raises `WrongPassword` or `TooManyTries`."""
        device = self._device(person, wish.device)
        key = f"{device}|{user}" if device else f"{client_of(wish.address)}|{user}"
        if wait_s := self._delays.take(key):
            raise TooManyTries(wait_s, "too many wrong passwords from here")
        try:
            right = await self._is_right(person, wish, known=bool(device))
        except TooManyTries:  # too many wait: the password was not looked at
            self._delays.unchecked(key)
            raise
        if not right or person is None:
            if person is not None and self._delays.delay_s(key):
                identity = Identity(who=person.user, role=person.role, kind="session")
                self.note(identity, "sign_in_delayed", person.user)
            raise WrongPassword
        self._delays.right(key)
        return person, device

    async def _begin(self, person: Person, device: str, instead_of: str, way: str = "") -> SignedIn:
        """A session that takes the place of the one with the digest `instead_of`."""
        token = secrets.token_urlsafe(32)
        digest = digest_of(token)
        await asked(self._stores().sessions.begin(digest, person.user, instead_of=instead_of, way=way))
        self._sessions.forget(instead_of)
        identity = _identity(person, token, digest, way)
        self.note(identity, "signed_in", person.user, {"by": way} if way else {})
        return SignedIn(identity=identity, token=token, device=device or self._new_device(person))

    async def change_password(self, proof: SignIn, password: str) -> SignedIn:
        """Give a person the password that they have chosen."""
        before = digest_of(proof.session)
        found = await self._session(before)
        if found is None:
            raise SessionOver
        if found.way == BY_PROVIDER:
            raise NoPassword
        user, stores = found.person.user, self._stores()
        check_new_password(password, old=proof.password, user=user)
        person, _ = await self._proven(await asked(stores.people.get(user)), user, proof)
        token, password_hash = secrets.token_urlsafe(32), await asyncio.to_thread(hash_password, password)
        present = digest_of(token)
        change = stores.people.change_own_password(person, password_hash, session=before, renewed=present)
        try:
            person = await asked(change)
        except PasswordChanged:
            raise WrongPassword from None
        except SessionEnded:
            raise SessionOver from None
        self.look_again(user)
        self._used.pop(before, None)
        self._present[found.origin] = present
        identity = _identity(person, token, found.origin, found.way)
        return SignedIn(identity=identity, token=token, device=self._new_device(person))

    async def _is_right(self, person: Person | None, wish: SignIn, *, known: bool) -> bool:
        """Whether the password is right. It takes as long for an unknown or disabled user."""
        password_hash = person.password_hash if person is not None and person.enabled else ""
        client = client_of(wish.address)
        right = await self._checks.verify(wish.password, password_hash, client=client, known=known)
        if person is None or not person.enabled:
            return False
        if person.demo:
            return hmac.compare_digest(wish.password.encode(), password_of(person).encode())
        return right

    # --- by an account at a provider (acd.desk.openid)

    async def bound(self, issuer: str, subject: str) -> Person | None:
        """The person to whom an account at a provider is bound."""
        return await asked(self._stores().identities.find(issuer, subject))

    async def bind(self, issuer: str, subject: str, user: str) -> Person:
        """Bind an account at a provider to the person with this user name, once and for good. Raises `NotLetIn` where
        nobody has let them in, they are locked, or the person has another account there."""
        person = await asked(self._stores().people.get(user))
        if person is None or person.demo:
            raise NotLetIn
        if not person.enabled:
            raise self._refused(person, "locked")
        try:
            await asked(self._stores().identities.bind(issuer, subject, user))
        except NoSuchPerson:
            raise NotLetIn from None
        except Taken:
            raise self._refused(person, "bound_to_another") from None
        self.note(_identity(person, ""), "identity_bound", person.user)
        return person

    async def sign_in_proven(self, person: Person, *, instead_of: str) -> SignedIn:
        """Begin a session for somebody whom a provider has confirmed; it takes the place of the one with the digest
        `instead_of`. Raises `NotLetIn`."""
        if not person.enabled or person.demo:
            raise self._refused(person, "locked")
        return await self._begin(person, "", instead_of, BY_PROVIDER)

    def _refused(self, person: Person, why: str) -> NotLetIn:
        self.note(_identity(person, ""), "sign_in_refused", person.user, {"by": BY_PROVIDER, "why": why})
        return NotLetIn()

    # --- signing out

    async def sign_out(self, token: str) -> None:
        """End a session: here at once, in the database as soon as it serves."""
        digest = digest_of(token)
        found = self._sessions.last(digest)
        self._ending.add(digest)
        self._used.pop(digest, None)
        self._sessions.forget(digest)
        if found is not None:
            self.note(_identity(found.person, token), "signed_out", found.person.user)
        await self._end(digest)

    async def _end(self, digest: str) -> None:
        await asked(self._stores().sessions.end(digest))
        self._ending.discard(digest)

    # --- who it is

    def look_again(self, user: str) -> None:
        """Believe nothing of this person's sessions any more: an administrator or they themselves have changed what
        they may do, and the database is asked at their next request."""
        self._sessions.forget_those(lambda one: one.person.user == user)

    async def session(self, token: str) -> Identity | None:
        """The person of this session. A valid session stays valid while the database is away, so that agents can still
        pause and sign out."""
        found = await self._session(digest_of(token))
        return _identity(found.person, token, found.origin, found.way) if found is not None else None

    async def _session(self, digest: str) -> Session | None:
        async def find() -> Session | None:
            return await self._stores().sessions.find(digest, used_at=self._used.get(digest, 0.0))

        if digest in self._ending:
            return None
        found, now = await self._sessions.look(digest, find), self._clock()
        if digest in self._ending:  # it has ended meanwhile
            self._sessions.forget(digest)
            return None
        if found is None or (found.person.demo and not self._demo_serves()):
            return None
        if found.is_over(now, self._used.get(digest, 0.0)):
            return None
        if now - found.used_at > min(USED_EVERY_S, found.idle_s / 4):
            self._used[digest] = now
        return found

    async def token(self, token: str) -> Identity | None:
        """The program of this token."""
        one = await self._token(digest_of(token))
        if one is None:
            return None
        scopes = frozenset(one.scopes)
        return Identity(
            who=PROGRAM + one.name, role=one.role, kind="token", name=one.name, unit=one.unit, scopes=scopes
        )

    async def _token(self, digest: str) -> Token | None:
        found = await self._tokens.look(digest, lambda: self._stores().tokens.find(digest))
        if found is None or (found.ends_at is not None and found.ends_at <= self._clock()):
            return None
        return found

    # --- rights by a name

    def key(self, kind: Literal["session", "token"], token: str) -> str:
        """A name of the right of this session or token."""
        return f"{kind}:{digest_of(token)}"

    async def holds(self, key: str) -> bool:
        """Whether the right of this name is valid."""
        kind, _, digest = key.partition(":")
        return await self._goes_on(digest) if kind == "session" else await self._token(digest) is not None

    async def _goes_on(self, origin: str) -> bool:
        """Whether the session that began with this digest is valid, whichever it has now."""
        digest = self._present.get(origin, origin)
        if await self._session(digest) is not None:
            return True
        if digest in self._ending or self._sessions.last(digest) is not None:
            return False
        present = await asked(self._stores().sessions.present(origin))  # another desk may have changed the password
        if present is None or present == digest:
            self._present.pop(origin, None)
            return False
        self._present[origin] = present
        return await self._session(present) is not None

    # --- browsers that are known

    def _new_device(self, person: Person) -> str:
        nonce = secrets.token_urlsafe(12)
        return f"{nonce}.{self._mark(person, nonce)}"

    def _device(self, person: Person | None, cookie: str) -> str:
        """The browser's cookie, if it shows that this person signed in there before with their present password."""
        nonce, _, mark = cookie.partition(".")
        if person is None or not mark or not mark.isascii():
            return ""
        return cookie if hmac.compare_digest(mark, self._mark(person, nonce)) else ""

    def _mark(self, person: Person, nonce: str) -> str:
        text = "\0".join((person.user, person.password_hash, nonce))
        return _base64(hmac.digest(self._secret, text.encode(), "sha256"))

    # --- the audit

    def note(
        self, identity: Identity, action: AuditAction, about: str = "", detail: Mapping[str, Any] | None = None
    ) -> None:
        """Add an entry to the audit, later."""
        if len(self._notes) >= MOST_NOTES:
            self._lost += 1
            return
        self._notes.append(self._entry(identity, action, about, detail))

    def sought(self, typed: str, *, number: bool = False) -> str:
        """The citizen for whom somebody looks, as the audit has them."""
        return self._sought.by_number(typed) if number else self._sought.by_text(typed)

    async def record(self, identity: Identity, action: AuditAction, about: str) -> None:
        """Add an entry to the audit and wait until it is written."""
        await asked(self._stores().audit.add([self._entry(identity, action, about, None)]))

    def _entry(
        self, identity: Identity, action: AuditAction, about: str, detail: Mapping[str, Any] | None
    ) -> AuditEntry:
        return AuditEntry(
            at=self._clock(),
            who=identity.who,
            role=identity.role,
            action=action,
            about=about,
            detail=dict(detail or {}),
        )

    async def run(self) -> None:
        """Add the demo's people if there is nobody yet, then write audit entries and uses of sessions, until
        cancelled."""
        try:
            while True:
                await asyncio.sleep(WRITE_EVERY_S)
                try:
                    await self.seed()
                    await self.flush()
                except Unavailable:
                    await asyncio.sleep(RETRY_S)
        finally:
            if self._notes:
                log.warning("audit_not_written", entries=len(self._notes))

    async def seed(self) -> None:
        """Add the demo's people if there is nobody yet, once. Somebody may sign in, or be added, before `run` begins:
        both call this first. Raises `Unavailable`."""
        async with self._seeding:
            if not self._demo:
                return
            if await asked(self._stores().people.seed(self._demo)):
                log.info("demo_people_made", people=len(self._demo))
            self._demo = ()

    async def flush(self) -> None:
        """Write waiting ends and uses of sessions, and then audit entries. Raises `Unavailable`, and keeps them for the
        next time."""
        for digest in tuple(self._ending):
            await self._end(digest)
        await self._record_uses()
        batch = list(self._notes)
        if batch:
            await asked(self._stores().audit.add(batch))
            for _ in batch:
                self._notes.popleft()
        if self._lost:
            log.error("audit_lost", entries=self._lost)
            self._lost = 0

    async def _record_uses(self) -> None:
        used = dict(self._used)
        await asked(self._stores().sessions.used(used))
        for digest, at in used.items():
            known = self._sessions.last(digest)
            if known is not None and known.used_at < at:  # so that it is known if the database goes away again
                self._sessions.amend(digest, msgspec.structs.replace(known, used_at=at))
            if self._used.get(digest) == at:
                del self._used[digest]


def demo_of(settings: Settings) -> tuple[Person, ...]:
    """The demo's people, if this is the demo: on this machine, with agents who have the demo's passwords. If the agents
    have other passwords there is no demo, and nobody with a known password signs in."""
    if not settings.demo_caller:
        return ()
    try:
        text = settings.agents_path.read_text("utf-8")
        services = [str(service.id) for service in services_of(settings.services_path)]
        return demo_people(parse_agents(text, file=str(settings.agents_path), services=services))
    except (OSError, UnicodeDecodeError, BadConfig):  # the line reports what is wrong with the file
        return ()


def _identity(person: Person, token: str, origin: str = "", way: str = "") -> Identity:
    return Identity(
        who=person.user,
        role=person.role,
        kind="session",
        name=person.name,
        unit=person.unit,
        extension=person.extension,
        csrf=_base64(hmac.digest(token.encode(), b"csrf", "sha256")),
        right=f"session:{origin}" if origin else "",
        by_password=way != BY_PROVIDER,
        password_due=person.password_due and way != BY_PROVIDER,
    )


def _base64(digest: bytes) -> str:
    return base64.urlsafe_b64encode(digest).decode("ascii").rstrip("=")

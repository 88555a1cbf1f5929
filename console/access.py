"""The rights to each route: one table, and the one place that enforces it.

Every path under the prefix needs a session's cookie, a program's token or the machine's own, known path or not. What a
session or token may use is in `TABLE`; a route that is not in it is refused to everybody but the machine. What a role
sees of a record (its unit's requests, masked numbers) is decided where the record is read."""

import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Literal

from pydantic import TypeAdapter
from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.routing import compile_path
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from agents.audit_actions import AuditAction
from agents.people import Role
from agents.people import Scope as TokenScope
from console import problems
from console.auth import bearer
from console.cookies import drop_session, session_in
from console.middleware import client_of, too_many
from console.people_ports import MACHINE, WALL, Identity, People
from console.ports import Unavailable
from console.rates import Rates
from console.roles import DESK, EVERYBODY, ON_REQUESTS
from console.standing import Standing
from tickets.number import TicketNumber

SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
HEARD_OR_SEEN: Final[frozenset[AuditAction]] = frozenset({"recording_played", "file_seen"})
"""A citizen's voice or photo is heard or seen, whoever holds the token: these reads are always recorded."""
CSRF_HEADER: Final = "x-csrf-token"
SITE_HEADER: Final = "sec-fetch-site"
"""Where what asks is from, as browsers say and no page can change (W3C, Fetch Metadata)."""
OURS: Final = ("same-origin", "none")
"""Pages of ours, and people who type or keep an address."""
SECRET: Final = re.compile(r"[A-Za-z0-9_-]{20,128}")
"""The form of our sessions and tokens; nothing else is looked up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """The right to a route: for people of `roles` and tokens with `scope` (None: no token).

    A role in `own` has it only where the path's extension is their own. `audit` is the audit's name for its use; empty:
    the audit does not mention it. Reads by the machine itself are recorded only if they are in `HEARD_OR_SEEN`."""

    roles: frozenset[Role]
    scope: TokenScope | None = None
    own: frozenset[Role] = frozenset()
    audit: AuditAction | Literal[""] = ""


def _roles(*roles: Role) -> frozenset[Role]:
    return frozenset(roles)


TABLE: Final[dict[tuple[str, str], Rule]] = {
    ("POST", "/session"): Rule(roles=EVERYBODY),  # open: the password is what is asked for
    ("GET", "/session"): Rule(roles=EVERYBODY),
    ("DELETE", "/session"): Rule(roles=EVERYBODY),
    ("PUT", "/session/password"): Rule(roles=EVERYBODY, audit="password_changed"),
    ("GET", "/session/openid"): Rule(roles=EVERYBODY),  # open, like the two below
    ("GET", "/session/openid/begin"): Rule(roles=EVERYBODY),
    ("GET", "/session/openid/return"): Rule(roles=EVERYBODY),  # the provider's word is what is asked for
    ("GET", "/calls"): Rule(roles=DESK, scope="calls"),
    ("GET", "/calls/{call}"): Rule(roles=DESK, scope="calls", audit="call_seen"),
    ("GET", "/calls/{call}/caller"): Rule(
        roles=_roles("agent", "lead", "inbox", "admin"), scope="numbers", audit="unmasked"
    ),
    ("GET", "/calls/{call}/context"): Rule(
        roles=_roles("agent", "lead", "inbox", "admin"), scope="calls", audit="call_seen"
    ),
    ("POST", "/calls/{call}/disposition"): Rule(
        roles=_roles("agent", "lead", "inbox", "admin"), scope="tickets:write", audit="call_disposed"
    ),
    ("GET", "/calls/{call}/outcome"): Rule(
        roles=_roles("agent", "lead", "inbox", "admin"), scope="tickets", audit="outcome_seen"
    ),
    ("POST", "/calls/{call}/outcome"): Rule(
        roles=_roles("agent", "lead", "inbox", "admin"), scope="tickets:write", audit="outcome_reported"
    ),
    ("POST", "/calls/{call}/kind"): Rule(
        roles=_roles("agent", "lead", "inbox", "admin"), scope="tickets:write", audit="call_kind_set"
    ),
    ("POST", "/calls/{call}/monitor"): Rule(roles=_roles("lead", "admin"), audit="monitor_wished"),
    ("GET", "/calls/{call}/consultant"): Rule(roles=_roles("agent", "lead", "admin"), scope="agents"),
    ("GET", "/hand-over-targets"): Rule(roles=_roles("agent", "lead", "admin"), scope="calls"),
    ("POST", "/calls/{call}/hand-over"): Rule(roles=_roles("agent", "lead", "admin"), audit="call_handed_over"),
    ("POST", "/calls/{call}/first"): Rule(roles=_roles("lead", "admin"), audit="call_put_first"),
    ("GET", "/calls/{call}/recording"): Rule(roles=_roles("lead", "admin"), audit="recording_played"),
    ("POST", "/calls/{call}/recording"): Rule(roles=_roles("agent", "lead", "admin"), audit="recording_paused"),
    ("GET", "/agents"): Rule(roles=DESK, scope="agents"),
    ("GET", "/agents/{extension}/report"): Rule(roles=DESK - {"agent"}, scope="agents"),
    ("POST", "/agents/{extension}/state"): Rule(
        roles=_roles("agent", "lead", "admin"), scope="agents:write", own=_roles("agent"), audit="agent_state"
    ),
    ("GET", "/agents/{extension}/silent-calls"): Rule(
        roles=_roles("agent", "lead", "analyst", "admin"), scope="agents", own=_roles("agent")
    ),
    ("GET", "/agents/{extension}/services"): Rule(roles=_roles("lead", "analyst", "admin"), scope="agents"),
    ("PUT", "/agents/{extension}/services"): Rule(
        roles=_roles("lead", "admin"), scope="agents:write", audit="agent_services"
    ),
    ("POST", "/agents/{extension}/phone"): Rule(
        roles=_roles("agent", "lead", "admin"), scope="agents:write", own=_roles("agent", "lead"), audit="phone_opened"
    ),
    ("GET", "/queue"): Rule(roles=DESK, scope="calls"),
    ("GET", "/callbacks"): Rule(roles=DESK, scope="calls"),
    ("DELETE", "/callbacks/{call}"): Rule(
        roles=_roles("lead", "admin"), scope="callbacks:write", audit="callback_cancelled"
    ),
    ("GET", "/figures"): Rule(roles=DESK, scope="calls"),
    ("GET", "/report"): Rule(roles=DESK - {"agent"}, scope="calls"),  # it has each agent's day
    ("GET", "/report/why"): Rule(roles=DESK - {"agent"}, scope="calls"),
    ("GET", "/report/requests"): Rule(roles=_roles("lead", "inbox", "analyst", "admin"), scope="tickets"),
    ("GET", "/report/requests.csv"): Rule(roles=_roles("lead", "inbox", "analyst", "admin"), scope="tickets"),
    ("GET", "/report/contacts"): Rule(roles=_roles("lead", "inbox", "analyst", "admin"), scope="calls"),
    ("GET", "/report/plan"): Rule(roles=DESK, scope="calls"),
    ("GET", "/abandoned"): Rule(roles=_roles("lead", "inbox", "analyst", "admin"), scope="calls"),
    ("GET", "/outbreaks"): Rule(roles=_roles("lead", "admin"), scope="tickets"),
    ("POST", "/outbreaks"): Rule(roles=_roles("lead", "admin"), scope="tickets:write", audit="outbreak_accepted"),
    ("GET", "/live"): Rule(roles=DESK, scope="live"),
    ("GET", "/surge"): Rule(roles=DESK, scope="calls"),
    ("PUT", "/surge"): Rule(roles=_roles("lead", "admin"), scope="surge:write", audit="surge_set"),
    ("DELETE", "/surge"): Rule(roles=_roles("lead", "admin"), scope="surge:write", audit="surge_withdrawn"),
    ("GET", "/tickets"): Rule(roles=EVERYBODY, scope="tickets"),
    ("POST", "/tickets"): Rule(
        roles=_roles("agent", "lead", "inbox", "admin"), scope="tickets:write", audit="ticket_opened"
    ),
    ("POST", "/tickets/import"): Rule(roles=_roles("inbox", "admin"), scope="tickets:write", audit="tickets_imported"),
    ("GET", "/tickets/duplicates"): Rule(  # before a request's number
        roles=_roles("agent", "lead", "inbox", "admin"), scope="tickets"
    ),
    ("GET", "/tickets/by-district"): Rule(roles=EVERYBODY, scope="tickets"),
    ("GET", "/tickets/{number}"): Rule(roles=EVERYBODY, scope="tickets", audit="ticket_seen"),
    ("GET", "/tickets/{number}/caller"): Rule(roles=ON_REQUESTS, scope="numbers", audit="unmasked"),
    ("PATCH", "/tickets/{number}"): Rule(roles=ON_REQUESTS, scope="tickets:write", audit="ticket_amended"),
    ("POST", "/tickets/{number}/moves"): Rule(roles=ON_REQUESTS, scope="tickets:write", audit="ticket_moved"),
    ("POST", "/tickets/{number}/notes"): Rule(roles=ON_REQUESTS, scope="tickets:write", audit="ticket_noted"),
    ("POST", "/tickets/{number}/text"): Rule(
        roles=_roles("lead", "inbox", "admin"), scope="tickets:write", audit="citizen_written"
    ),
    ("POST", "/tickets/{number}/score"): Rule(
        roles=_roles("agent", "lead", "inbox", "admin"), scope="tickets:write", audit="ticket_scored"
    ),
    ("POST", "/tickets/{number}/extension"): Rule(
        roles=_roles("lead", "unit", "inbox", "admin"), scope="tickets:write", audit="ticket_extended"
    ),
    ("POST", "/tickets/{number}/duplicate-of"): Rule(roles=ON_REQUESTS, scope="tickets:write", audit="ticket_joined"),
    ("POST", "/tickets/{number}/files"): Rule(roles=ON_REQUESTS, scope="tickets:write", audit="file_added"),
    ("GET", "/tickets/{number}/files/{file}"): Rule(roles=ON_REQUESTS, scope="tickets", audit="file_seen"),
    ("GET", "/articles"): Rule(roles=EVERYBODY, scope="tickets"),
    ("POST", "/articles"): Rule(roles=_roles("lead", "admin"), scope="tickets:write", audit="article_added"),
    ("GET", "/articles/{article}"): Rule(roles=EVERYBODY, scope="tickets"),
    ("PUT", "/articles/{article}"): Rule(roles=_roles("lead", "admin"), scope="tickets:write", audit="article_changed"),
    ("GET", "/articles/{article}/versions"): Rule(roles=EVERYBODY, scope="tickets"),
    ("GET", "/town"): Rule(roles=EVERYBODY, scope="tickets"),
    ("GET", "/town/found"): Rule(roles=EVERYBODY, scope="tickets"),
    ("GET", "/town/map"): Rule(roles=EVERYBODY, scope="tickets"),
    ("GET", "/tasks"): Rule(roles=_roles("lead", "unit", "inbox", "admin"), scope="tickets"),
    ("GET", "/tasks/workers"): Rule(roles=_roles("lead", "inbox", "admin"), scope="tickets"),
    ("POST", "/tasks/{task}/assigned"): Rule(
        roles=_roles("lead", "inbox", "admin"), scope="tickets:write", audit="task_assigned"
    ),
    ("POST", "/tasks/{task}/done"): Rule(
        roles=_roles("lead", "inbox", "admin"), scope="tickets:write", audit="task_done"
    ),
    ("POST", "/tasks/{task}/call"): Rule(roles=_roles("lead", "inbox", "admin"), audit="task_called"),
    ("GET", "/drafts"): Rule(roles=_roles("agent", "lead", "inbox", "admin")),
    ("PUT", "/drafts/{call}"): Rule(roles=_roles("agent", "lead", "inbox", "admin")),
    ("DELETE", "/drafts/{call}"): Rule(roles=_roles("agent", "lead", "inbox", "admin")),
    ("DELETE", "/drafts"): Rule(roles=_roles("agent", "lead", "inbox", "admin")),
    ("GET", "/notices"): Rule(roles=_roles("lead", "unit", "inbox", "admin"), scope="tickets"),
    ("POST", "/notices/read"): Rule(
        roles=_roles("lead", "unit", "inbox", "admin"), scope="tickets:write", audit="notices_read"
    ),
    ("GET", "/duty-alarms"): Rule(roles=_roles("lead", "admin"), scope="tickets"),
    # Administration: no token has these, since a program with them could give itself every other right.
    ("GET", "/config"): Rule(roles=_roles("admin")),
    ("GET", "/settings"): Rule(roles=_roles("admin")),
    ("GET", "/holidays"): Rule(roles=_roles("admin")),
    ("GET", "/config/{file}"): Rule(roles=_roles("admin"), audit="config_seen"),
    ("PUT", "/config/{file}"): Rule(roles=_roles("admin"), audit="config_changed"),
    ("GET", "/config/{file}/versions"): Rule(roles=_roles("admin"), audit="config_seen"),
    ("POST", "/config/{file}/check"): Rule(roles=_roles("admin"), audit="config_checked"),
    ("POST", "/config/agents/{extension}/telephone"): Rule(roles=_roles("admin"), audit="telephone_renewed"),
    ("GET", "/flow"): Rule(roles=_roles("lead", "analyst", "admin")),
    ("GET", "/prompts"): Rule(roles=_roles("lead", "admin")),
    ("GET", "/prompts/{language}/{prompt}"): Rule(roles=_roles("lead", "admin")),
    ("PUT", "/prompts/{language}/{prompt}"): Rule(roles=_roles("admin"), audit="prompt_recorded"),
    ("POST", "/prompts/{language}/{prompt}/check"): Rule(roles=_roles("admin"), audit="prompt_tried"),
    ("GET", "/prompts/{language}/{prompt}/versions"): Rule(roles=_roles("admin")),
    ("GET", "/prompts/{language}/{prompt}/versions/{number}"): Rule(roles=_roles("admin")),
    ("POST", "/prompts/{language}/{prompt}/version"): Rule(roles=_roles("admin"), audit="prompt_put_back"),
    ("GET", "/destructions"): Rule(roles=_roles("admin")),
    ("GET", "/audit"): Rule(roles=_roles("admin"), audit="audit_seen"),
    ("GET", "/people"): Rule(roles=_roles("admin")),
    ("POST", "/people"): Rule(roles=_roles("admin"), audit="person_added"),
    ("PATCH", "/people/{user}"): Rule(roles=_roles("admin"), audit="person_changed"),
    ("POST", "/people/{user}/password"): Rule(roles=_roles("admin"), audit="password_set"),
    ("DELETE", "/people/{user}/sessions"): Rule(roles=_roles("admin"), audit="sessions_ended"),
}
"""By method and path without the prefix. `tests/console/test_access.py` walks it, and every route of the API."""
OPEN: Final = frozenset(
    {
        ("POST", "/session"),
        ("GET", "/session/openid"),
        ("GET", "/session/openid/begin"),
        ("GET", "/session/openid/return"),
    }
)
"""The routes of whoever is not signed in yet."""
OF_REQUESTS: Final = frozenset({"tickets", "tickets:write", "numbers"})
"""The scopes in which a unit's token has no more than the unit's people: what they may not, shows other units'."""
SIGN_OUT: Final = ("DELETE", "/session")


class Access:
    """Answers 401 to every path under `prefix` unless somebody is known by cookie or token, 403 where it is not for
    them, 429 to a client who has sent too many tokens that are wrong. Puts the `Identity` into the request's state."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        prefix: str,
        check_token: Callable[[str], bool],
        check_wallboard: Callable[[str], bool],
        people: People,
        wrong: Rates,
        refused: Callable[[str], None],
    ) -> None:
        self.app = app
        self.prefix = prefix
        self.check_token = check_token
        self.check_wallboard = check_wallboard
        self.people = people
        self.wrong = wrong
        self.refused = refused
        self._rules = [(method, compile_path(prefix + path)[0], rule) for (method, path), rule in TABLE.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not (scope["path"] + "/").startswith(self.prefix + "/"):
            await self.app(scope, receive, send)
            return
        if (scope["method"], scope["path"].removeprefix(self.prefix)) in OPEN:
            await self.app(scope, receive, send)
            return
        try:
            found = await self._who(scope)
        except Unavailable as error:
            found = problems.response(503, problems.problem(503, str(error)), {"retry-after": "1"})
            if (scope["method"], scope["path"].removeprefix(self.prefix)) == SIGN_OUT:
                drop_session(HTTPConnection(scope), found)  # whoever it is: the next who sits there is not them
        if isinstance(found, Response):
            await found(scope, receive, send)
            return
        rule, parameters = self._rule(scope)
        refusal = _refusal(found, rule, parameters, scope)
        if refusal is not None:
            await refusal(scope, receive, send)
            return
        state = scope.setdefault("state", {})
        state["identity"], state["standing"] = found, self._standing(found, scope)
        by_machine = found.kind == "machine" and scope["method"] in SAFE
        if not rule.audit or (by_machine and rule.audit not in HEARD_OR_SEEN):
            await self.app(scope, receive, send)
            return
        await self.app(scope, receive, self._noting(found, rule.audit, parameters, scope, send))

    def _noting(self, who: Identity, action: AuditAction, parameters: dict[str, str], scope: Scope, send: Send) -> Send:
        """Note what was done once it was: an answer that is no error has begun. A route whose path does not say what it
        is about says so by `note_about`."""
        about, *more = [*(_canonical(name, typed) for name, typed in parameters.items()), ""]

        async def noted(message: Message) -> None:
            # An unmasking was written by its route, before the number was shown.
            if message["type"] == "http.response.start" and message["status"] < 400 and action != "unmasked":
                told = {"file": more[0]} if more and more[0] else {}
                self.people.note(who, action, *scope["state"].get("noted", (about, told)))
            await send(message)

        return noted

    # --- who it is

    async def _who(self, scope: Scope) -> Identity | Response:
        headers = Headers(scope=scope)
        given = headers.getlist("authorization")
        if given:
            return await self._by_token(given, scope)
        token = session_in(HTTPConnection(scope))
        if not token:
            return _nobody(UNKNOWN)  # nothing was guessed
        found = await self.people.session(token) if SECRET.fullmatch(token) else None
        return found or self._unknown(scope, "the session is over: sign in again at /")

    async def _by_token(self, given: list[str], scope: Scope) -> Identity | Response:
        if len(given) > 1:
            return self._unknown(scope, "more than one Authorization header: send one")
        token = bearer(given[0].encode("latin-1"))
        if token is None:
            return self._unknown(scope, "Authorization: send it as 'Bearer <token>'")
        if self.check_token(token):
            return MACHINE
        if self.check_wallboard(token):
            return WALL
        found = await self.people.token(token) if SECRET.fullmatch(token) else None
        return found or self._unknown(
            scope, "the token is not this system's, or has ended; the machine's own is in the file data_dir/token"
        )

    def _unknown(self, scope: Scope, detail: str) -> Response:
        """The answer to a token or cookie that is nobody's: each may be a guess, and is counted as one."""
        if wait_s := self.wrong.take(client_of(scope)):
            self.refused("wrong_tokens")
            return too_many(wait_s, "too many requests with a wrong token from this address")
        return _nobody(detail)

    def _standing(self, who: Identity, scope: Scope) -> Standing:
        if who.kind == "session":
            return self._right(who.right or self.people.key("session", session_in(HTTPConnection(scope))))
        if who.kind != "token" or who is WALL:
            return Standing()
        return self._right(
            self.people.key("token", bearer(Headers(scope=scope)["authorization"].encode("latin-1")) or "")
        )

    def _right(self, key: str) -> Standing:
        return Standing(key, self.people.holds)

    # --- what they may

    def _rule(self, scope: Scope) -> tuple[Rule, dict[str, Any]]:
        """The rule of the route that will serve this, and what its path says."""
        for method, path, rule in self._rules:
            if method == scope["method"] and (found := path.match(scope["path"])):
                return rule, found.groupdict()
        return NOBODY, {}


WHOLE: Final[TypeAdapter[int]] = TypeAdapter(int)
"""Reads a number as the routes do."""


def _canonical(name: str, typed: str) -> str:
    """What a path says, as the audit has it: another spelling of it must not hide who saw it."""
    try:
        match name:
            case "number":
                return str(TicketNumber.parse(typed))
            case "task" | "article":
                return str(WHOLE.validate_python(typed))
    except ValueError:  # there is no such thing, and nothing is seen of it
        pass
    return typed


NOBODY: Final = Rule(roles=frozenset())
"""The rule for a route without an entry, and for a path without a route."""
UNKNOWN: Final = (
    "nobody is signed in: sign in at /, or send the header 'Authorization: Bearer <token>'; the machine's own token is "
    "in the file data_dir/token"
)


def _nobody(detail: str) -> Response:
    return problems.response(401, problems.problem(401, detail), {"www-authenticate": 'Bearer realm="cozum"'})


def _refusal(who: Identity, rule: Rule, parameters: dict[str, Any], scope: Scope) -> Response | None:
    if who.kind == "machine":
        return None
    if rule is NOBODY:
        path = scope["path"]
        detail = f"there is nothing at {path[:100]!r} for anybody but the machine; /api/openapi.json has what there is"
        return problems.response(404, problems.problem(404, detail, [problems.item(detail, "path", path)]))
    if who.kind == "token":
        if rule.scope not in who.scopes:
            needed = [rule.scope] if rule.scope else []
            return _forbidden(f"the token {who.who} is not for this", "scope", " ".join(sorted(who.scopes)), needed)
        if who.role == "unit" and rule.scope in OF_REQUESTS and "unit" not in rule.roles:
            return _forbidden("this is not for the role unit", "role", who.role, sorted(rule.roles))
        return None
    origin = Headers(scope=scope).get(SITE_HEADER, "same-origin")
    if origin not in OURS:
        # `SameSite` does not keep the cookie from pages on other ports and names of our site. They could read nothing,
        # but the audit would say of this person that they have seen it.
        return _forbidden("this comes from a page that is not ours", SITE_HEADER, origin, list(OURS))
    if who.role not in rule.roles:
        return _forbidden(f"this is not for the role {who.role}", "role", who.role, sorted(rule.roles))
    if who.role in rule.own and (not who.extension or parameters.get("extension") != who.extension):
        own = [who.extension] if who.extension else []
        detail = f"the role {who.role} may do this for their own extension only"
        return _forbidden(detail, "extension", parameters.get("extension"), own)
    if scope["method"] not in SAFE:
        sent = Headers(scope=scope).get(CSRF_HEADER, "")
        if not hmac.compare_digest(sent.encode("utf-8", "replace"), who.csrf.encode()):
            allowed = "what POST or GET /api/v1/session gave as csrf"
            return _forbidden(f"{CSRF_HEADER}: missing or another session's", CSRF_HEADER, None, allowed)
    return None


def _forbidden(detail: str, key: str, value: Any, allowed: Any) -> Response:
    return problems.response(403, problems.problem(403, detail, [problems.item(detail, key, value, allowed)]))


def identity_of(request: HTTPConnection) -> Identity:
    """The person or program that asks, as `Access` found it."""
    found: Identity = request.state.identity
    return found


def note_about(request: HTTPConnection, about: str, **detail: Any) -> None:
    """Have the audit say what this was about: ids, never names or texts."""
    request.state.noted = (about, detail)


def standing_of(request: HTTPConnection) -> Standing:
    """The right by which something long is served, to be looked at again while it lasts."""
    found: Standing = request.state.standing
    return found

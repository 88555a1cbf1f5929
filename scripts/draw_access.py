"""Draws the tables of `docs/access.md`: roles, scopes, and which route is for whom, from the table that is enforced."""

from collections.abc import Iterable, Sequence

from agents.people import ROLES, SCOPES
from console.access import TABLE, Rule
from console.routing import PREFIX
from tickets.privacy.masking import SIGHT

ROLE_TEXTS = {
    "agent": "answers calls: sees the line, opens requests, sets their own state",
    "lead": "runs the shift: anybody's state, the surge message, callbacks",
    "unit": "does what citizens asked for: its own unit's requests, and nothing of the line",
    "inbox": "decides what needs a person: tasks, requests without a unit",
    "analyst": "reads figures and requests, and sees no citizen",
    "admin": "everything",
}


def roles() -> tuple[Sequence[str], Iterable[Sequence[str]]]:
    """A row a role."""
    rows = (
        (f"`{role}`", ROLE_TEXTS[role], SIGHT[role][0], "yes, recorded" if SIGHT[role][1] else "no") for role in ROLES
    )
    return ("role", "is for", "callers' numbers", "may unmask one"), rows


def scopes() -> tuple[Sequence[str], Iterable[Sequence[str]]]:
    """A row a scope."""
    return ("scope", "is good for"), ((f"`{name}`", text) for name, text in SCOPES.items())


def routes() -> tuple[Sequence[str], Iterable[Sequence[str]]]:
    """A row a route, by path."""
    order = {"GET": 0, "POST": 1, "PUT": 2, "PATCH": 3, "DELETE": 4}
    found = sorted(TABLE.items(), key=lambda one: (one[0][1], order[one[0][0]]))
    return ("route", *ROLES, "scope", "in the audit as"), (
        (
            f"`{method} {PREFIX}{path}`",
            *(_mark(rule, role) for role in ROLES),
            f"`{rule.scope}`" if rule.scope else "–",
            f"`{rule.audit}`" if rule.audit else "–",
        )
        for (method, path), rule in found
    )


def _mark(rule: Rule, role: str) -> str:
    if role not in rule.roles:
        return "–"
    return "own" if role in rule.own else "yes"

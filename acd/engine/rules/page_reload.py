"""An agent's page is reloaded, or goes, in a talk. The leg to it stays, with nobody there, until the sound's time-out.

The browser closes the page's connection, so Asterisk drops its registration, and the leg falls silent. A page whose
connection alone was lost (the desk was started anew) goes on sending sound, and so keeps its talk. When a page has
fallen silent, the caller leaves the leg, hears a sentence about it, then music, and is kept for this agent for
`page_reload_s` seconds. The page is rung as soon as it is back, whatever the caller hears, and answers by itself. If it
does not come back in time, the caller waits for anyone, at the place they had. `handlers/page_reload.py` does the work.
"""

from typing import Annotated, Final

import msgspec

from acd.engine.core import Core
from acd.engine.model.page_facts import KeepingEnded, KeepingEndedWhy
from acd.engine.model.state import Agent, Call
from acd.engine.rules.declared import Declared, RuleSettings, settings_of
from acd.engine.timers import part_timer


class PageReload(RuleSettings, frozen=True, kw_only=True):
    """The settings of this rule."""

    page_reload_s: Annotated[
        float,
        msgspec.Meta(
            ge=0,
            le=120,
            description="so many seconds a caller is kept, with music, for an agent whose page was reloaded or closed "
            "in the talk; then they wait for anyone, at the place they had; 0: they stay with a dead page",
        ),
    ] = 0.0


RULE: Declared = Declared(
    settings=PageReload,
    shipped={"page_reload_s": 20.0},
    words={
        "en": {
            "page_gone": "the page of {agent} went in the talk: the caller hears music and is kept for {agent}, "
            "at most {within} more",
            "offer_page_back": "the page of {agent} is back: it rings at once, and answers by itself",
            "keeping_back": "{agent} and the caller talk again",
            "keeping_time": "the page of {agent} did not come back in time: the caller waits for anyone, at the place "
            "they had",
            "keeping_missed": "the page of {agent} is back, but nobody answered: the caller waits for anyone, at the "
            "place they had",
            "keeping_signed_out": "{agent} has signed out: the caller waits for anyone, at the place they had",
            "keeping_other_call": "{agent} talks to somebody else: the caller waits for anyone, at the place they had",
            "keeping_outage": "the line was away, and its standby took the caller: they are kept for {agent} no more",
            "keeping_caller_gone": "the caller was kept for {agent}, and hung up",
        },
        "tr": {
            "page_gone": "görüşmede sayfası kapandı: {agent}; arayan müzik dinler ve en çok {within} daha onun "
            "için tutulur",
            "offer_page_back": "{agent}: sayfası geri geldi; hemen çalar ve kendiliğinden açar",
            "keeping_back": "{agent} ile arayan yeniden görüşüyor",
            "keeping_time": "{agent}: sayfası zamanında geri gelmedi; arayan eski yerinde herkesi bekliyor",
            "keeping_missed": "{agent}: sayfası geri geldi ama açan olmadı; arayan eski yerinde herkesi bekliyor",
            "keeping_signed_out": "{agent} hattan çıktı; arayan eski yerinde herkesi bekliyor",
            "keeping_other_call": "{agent} başkasıyla görüşüyor; arayan eski yerinde herkesi bekliyor",
            "keeping_outage": "hat çalışmazken arayanı yedeği aldı; artık {agent} için tutulmuyor",
            "keeping_caller_gone": "arayan, {agent} için tutulurken kapattı",
        },
    },
)

RECONNECTING: Final = "reconnecting"
"""The prompt that a kept caller hears once, before the music."""
TIMER = part_timer("page_reload", lambda call: call.kept, lambda kept: kept.until)
"""The caller is kept no longer for an agent whose page is gone."""


def keeps_s(core: Core) -> float:
    """Seconds for which a caller is kept; 0: not at all."""
    return settings_of(core, PageReload).page_reload_s


def over(core: Core, call: Call, why: KeepingEndedWhy) -> None:
    """Keep the caller no longer for their agent."""
    kept, call.kept = call.kept, None
    if kept is None:
        return
    TIMER.stop(core, (call, kept))
    queued = call.place
    core.emit(
        KeepingEnded(
            at=core.at,
            call=call.id,
            agent=kept.agent,
            why=why,
            service=queued.service,
            priority=queued.priority,
            queued_at=queued.at,
        )
    )


def is_dead(call: Call, leg: str) -> bool:
    """Whether this is the leg that the caller was taken from: what is still said of it is old."""
    return call.kept is not None and bool(leg) and call.kept.leg == leg


def is_of(leg: str, endpoint: str) -> bool:
    """Whether a leg belongs to the phone of this endpoint, such as `PJSIP/1001-web`."""
    return bool(endpoint) and leg.rpartition("-")[0] == endpoint


def is_again(call: Call, agent: Agent) -> bool:
    """Whether the caller, who is about to talk to this agent, was kept for them."""
    return call.kept is not None and call.kept.agent == agent.profile.id

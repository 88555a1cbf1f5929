"""What the nodes tell by chance: where callers are, which calls they have, and what happened meanwhile."""

import random
from collections.abc import Mapping, Sequence
from typing import Literal

from acd.engine.model.event_base import Party
from acd.engine.model.events import (
    CalleeAnswered,
    CallerFound,
    CallerGone,
    CallImported,
    HangupRequested,
    LegGone,
    NodeReconciled,
    OfferAnswered,
    SeenCall,
    Told,
)
from acd.engine.model.ids import AgentId, CallId, NodeId, OfferId
from tests.acd.engine.config_chance import GONE, NODES

Place = Literal["gone", "dialplan", "talking", "nowhere"]
Offers = Mapping[CallId, list[tuple[OfferId, str]]]
"""The latest offers of each call, and their legs."""


def node_of(call: CallId) -> NodeId:
    """The node a caller's channel is on."""
    return NODES[call[-1] in "37"]


def caller_found(rng: random.Random, at: float, call: CallId, agent: AgentId, leg: str) -> CallerFound:
    """Where a caller is who was looked for."""
    place: Place = rng.choice(("gone", "dialplan", "talking", "nowhere", "nowhere"))
    node = node_of(call) if rng.random() < 0.9 else GONE
    with_leg = rng.choice((leg, f"PJSIP/{agent}-own")) if place == "talking" else ""
    return CallerFound(at=at, call=call, node=node, place=place, channel=f"PJSIP/trunk-{call}", leg=with_leg)


def call_imported(rng: random.Random, at: float, call: CallId, agent: AgentId) -> CallImported:
    """A call that the standby has had."""
    queued_at = at - 5 if rng.random() < 0.7 else None
    answered_at = at - 2 if queued_at is not None and rng.random() < 0.5 else None
    return CallImported(
        at=at,
        call=call,
        node=node_of(call),
        channel=f"PJSIP/trunk-{call}",
        number=rng.choice(("", "05321")),
        arrived_at=at - 8,
        urgent=rng.choice((None, True, False)),
        queued_at=queued_at,
        answered_at=answered_at,
        agent=agent if answered_at is not None else None,
        ended_at=at - 1 if answered_at is not None or rng.random() < 0.5 else None,
        hangup_by=rng.choice(("caller", "agent")),
        regroup=rng.random() < 0.5,
    )


def meanwhile_told(
    rng: random.Random, at: float, call: CallId, leg: str, calls: Sequence[CallId], offers: Offers
) -> tuple[Told, ...]:
    """What a channel log tells of one call and of others, some of it more than once."""
    told = list[Told]()
    for one in (call, *rng.sample(calls, min(2, len(calls)))):
        legs = offers.get(one)
        channel = leg if one == call and leg else legs[-1][1] if legs else f"PJSIP/1001-{one}"
        late = sorted((round(rng.uniform(0.0, 30.0), 3) for _ in range(4)), reverse=True)
        by: Party = rng.choice(("caller", "agent", "system"))
        many: list[Told] = [
            OfferAnswered(at=at, late_s=late[0], call=one, channel=channel),
            CalleeAnswered(at=at, late_s=late[1], call=one, channel=channel),
            HangupRequested(at=at, late_s=late[2], call=one, by=by, channel=channel if by == "agent" else ""),
            LegGone(at=at, late_s=late[2], call=one, channel=channel, cause_code=16),
            CallerGone(at=at, late_s=late[3], call=one, called_back=rng.random() < 0.2),
        ]
        told += [event for event in many if rng.random() < 0.6]
    return tuple(told)


def node_reconciled(
    rng: random.Random, at: float, calls: Sequence[CallId], offers: Offers, agents: Sequence[AgentId]
) -> NodeReconciled:
    """What a node has, or what another has that took its name."""
    node = rng.choice((*NODES, *NODES, *NODES, GONE))
    seen = []
    for call in calls:
        if node_of(call) != node and rng.random() < 0.9:
            continue
        legs = offers.get(call)
        leg = legs[-1][1] if legs else ""
        if rng.random() < 0.7:
            talking = bool(leg) and rng.random() < 0.4
            seen.append(
                SeenCall(
                    call=call,
                    channel=f"PJSIP/trunk-{call}",
                    leg=leg if talking else "",
                    talking=talking,
                    outside=not talking and rng.random() < 0.3,
                )
            )
        if rng.random() < 0.3:
            back = rng.choice((leg or "PJSIP/1001-x", leg or "PJSIP/1001-x", ""))
            talking = bool(back) and rng.random() < 0.5
            seen.append(SeenCall(call=call, channel="", leg=back, talking=talking, callback=True))
    told = meanwhile_told(rng, at, rng.choice(calls), "", calls, offers) if rng.random() < 0.5 else ()
    available = tuple(agent for agent in agents if rng.random() < 0.8)
    return NodeReconciled(
        at=at,
        node=node,
        told=told,
        calls=tuple(seen),
        available=available,
        agent_channels={agent: ("PJSIP/own",) for agent in agents if rng.random() < 0.1},
        gap=int(at) % 3 > 0,  # not drawn: the streams stay what they were
        pages=None if int(at) % 5 == 0 else available[int(at) % 2 :],
    )

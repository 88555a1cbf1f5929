"""The facts of a call, by the part of its story that they belong to."""

from acd.engine.model.facts import (
    AgentPreferred,
    CallAnswered,
    CallbackDialled,
    CallbackMissed,
    CallbackPaused,
    CallbackQueued,
    CallbackRefused,
    CallEnded,
    CallEntered,
    CallEscalated,
    CallOverflowed,
    CallPutFirst,
    CallQueued,
    CallRejoined,
    CallRelaxed,
    CallReleased,
    CallReturned,
    CallStepped,
    CallStranded,
    CallTakenOver,
    CallTransferred,
    HoldBegan,
    HoldEnded,
    KeyHeard,
    KindChanged,
    OfferEnded,
    OfferMade,
    OutcomeBegan,
    OutcomeCallOver,
    OutcomeDialled,
    PreferenceEnded,
    RequestHeard,
    ServiceNamed,
    SurgeAnswered,
    SurgePlayed,
    TalkEnded,
    TaskCallOrdered,
    WaitAnnounced,
    WrapupEnded,
)
from acd.engine.model.handover_facts import HandOverFact
from acd.engine.model.page_facts import CallKept, KeepingEnded

Arrival = CallEntered | CallStepped | ServiceNamed | KindChanged | RequestHeard
Wait = (
    CallQueued | CallReturned | CallReleased | CallOverflowed | CallRejoined | CallStranded | KeyHeard | CallRelaxed
    | SurgePlayed | SurgeAnswered | AgentPreferred | PreferenceEnded | WaitAnnounced | CallEscalated | CallPutFirst
)  # fmt: skip
Callback = (
    CallbackQueued | OutcomeDialled | OutcomeBegan | OutcomeCallOver | CallbackPaused | CallbackRefused
    | CallbackDialled | CallbackMissed | TaskCallOrdered
)  # fmt: skip
Talk = (
    OfferMade | OfferEnded | CallAnswered | CallTransferred | CallTakenOver | TalkEnded | HoldBegan | HoldEnded
    | CallEnded | WrapupEnded | CallKept | KeepingEnded | HandOverFact
)  # fmt: skip

"""Events of agents and their phones, and wishes of the shift lead: a surge message, a caller put first."""

from typing import Literal

from acd.engine.model.event_base import AgentWish, DeviceState, Event
from acd.engine.model.fact_base import FirstWhy
from acd.engine.model.ids import AgentId, CallId, ServiceId


class AgentStateRequested(Event, tag="agent_state_requested", frozen=True, kw_only=True):
    """An agent (or someone for them) signs in, out, pauses or returns."""

    agent: AgentId
    state: AgentWish
    reason: str = ""
    source: Literal["phone", "api", "cli", "system", "page"] = "system"
    """`page`: the agent themselves, signed in as a person. `api`: a program, or a lead for them."""


class DeviceStateChanged(Event, tag="device_state_changed", frozen=True, kw_only=True):
    """An agent's phone became reachable or not."""

    agent: AgentId
    state: DeviceState
    endpoint: str = ""
    """The endpoint of the phone, such as `PJSIP/1001`."""


class AgentChannelOpened(Event, tag="agent_channel_opened", frozen=True, kw_only=True):
    """A channel of the agent's phone exists: ours, or a call of their own."""

    agent: AgentId
    channel: str


class AgentChannelClosed(Event, tag="agent_channel_closed", frozen=True, kw_only=True):
    """A channel of the agent's phone is gone."""

    agent: AgentId
    channel: str


class SurgeRequested(Event, tag="surge_requested", frozen=True, kw_only=True):
    """Set a message that callers of these routine services hear before they queue."""

    services: tuple[ServiceId, ...]
    prompts: dict[str, str]
    """By language, a prompt's name or a sound file's path without its suffix."""
    ticket: str = ""
    """The ticket that stands for all of them."""
    until: float | None = None


class SurgeWithdrawn(Event, tag="surge_withdrawn", frozen=True, kw_only=True):
    """Withdraw the message."""


class FirstPlaceWished(Event, tag="first_place_wished", frozen=True, kw_only=True):
    """Serve a waiting caller before all others of the same class."""

    call: CallId
    reason: FirstWhy

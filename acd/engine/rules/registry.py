"""The rules with a declaration. A new rule gets its line here."""

from acd.engine.rules import (
    audio_messages,
    empty_chair,
    hand_over,
    message_caps,
    page_reload,
    urgent_pick_up,
    urgent_ring,
)
from acd.engine.rules.declared import Declared

RULES: tuple[Declared, ...] = (
    urgent_ring.RULE,
    urgent_pick_up.RULE,
    empty_chair.RULE,
    page_reload.RULE,
    audio_messages.RULE,
    message_caps.RULE,
    hand_over.RULE,
)

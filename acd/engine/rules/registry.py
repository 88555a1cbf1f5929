"""The rules with a declaration. A new rule gets its line here."""

from acd.engine.rules import (
    announcements,
    audio_messages,
    empty_chair,
    hand_over,
    line_faults,
    matching,
    message_caps,
    page_reload,
    required_disposition,
    surge,
    telling,
    unheld,
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
    line_faults.RULE,
    telling.RULE,
    announcements.RULE,
    unheld.RULE,
    surge.RULE,
    matching.RULE,
    required_disposition.RULE,
)

"""The rules with a declaration. A new rule gets its line here."""

from acd.engine.rules import urgent_pick_up, urgent_ring
from acd.engine.rules.declared import Declared

RULES: tuple[Declared, ...] = (urgent_ring.RULE, urgent_pick_up.RULE)

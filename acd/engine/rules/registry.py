"""The rules with a declaration. A new rule gets its line here."""

from acd.engine.rules import urgent_ring
from acd.engine.rules.declared import Declared

RULES: tuple[Declared, ...] = (urgent_ring.RULE,)

"""The rules that are declared as one piece. A new rule has its line here."""

from acd.engine.rules import urgent_ring
from acd.engine.rules.declared import Declared

RULES: tuple[Declared, ...] = (urgent_ring.RULE,)

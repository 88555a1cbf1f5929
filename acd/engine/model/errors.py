"""Two kinds of failure, never mixed: ours, and the other side's."""


class EngineBug(Exception):
    """The engine broke one of its own rules. Never raised for what a caller, an agent or Asterisk did."""


class BadConfig(ValueError):
    """A configuration that cannot be served. The text names the key, the value and what is allowed."""

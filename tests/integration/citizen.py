"""The telephone at the other end of the outgoing trunk, for tests that call it."""

from phones.citizen import Citizen

__all__ = ["Citizen"]

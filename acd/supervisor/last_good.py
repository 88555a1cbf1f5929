"""What was read last of the files without a fault. A process that is started again begins with it where a file has a
fault by then: callers must not wait until somebody has ended their edit."""

import contextlib
from collections.abc import Callable

from acd.config.rules import Rules
from acd.config.settings import Settings
from acd.desk.town_files import CheckedTown, checked_town
from acd.engine.model.errors import BadConfig
from acd.supervisor.prepare import CannotRun

LineRun = Callable[[Settings, int, Rules], int]
"""As `acd.supervisor.forked.Run`, with the rules to begin with if the files have a fault."""
DeskRun = Callable[[Settings, int, CheckedTown], int]
"""The same with the town."""


class LastGood:
    """The line's rules and the desk's town."""

    def __init__(self, settings: Settings, rules: Rules) -> None:
        """`rules` are those of the files. Raises `CannotRun` if the town's files have a fault."""
        self.rules = rules
        try:
            self.town = checked_town(settings)
        except BadConfig as error:
            raise CannotRun(str(error)) from None

    def read_town(self, settings: Settings) -> None:
        """Read the town's files anew. With a fault the present town stays; the desk says which."""
        with contextlib.suppress(Exception):  # whatever a file makes of it, the calls go on
            self.town = checked_town(settings)

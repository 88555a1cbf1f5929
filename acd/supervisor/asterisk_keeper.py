"""Keeps the private Asterisk alive, for a supervisor that also keeps other processes alive."""

import time

from acd.asterisk.instance import AsteriskError, AsteriskInstance
from acd.asterisk.instance_spec import ConfError
from acd.lib.backoff import Backoff
from acd.supervisor.prepare import CannotRun, unusable
from acd.supervisor.say import again, ended, say

LOGS_S = 5.0
"""Seconds between two checks of the sizes of Asterisk's log files."""


class AsteriskKeeper:
    """Keeps one Asterisk. Only its start blocks."""

    def __init__(self, asterisk: AsteriskInstance) -> None:
        self.asterisk = asterisk
        self._began = 0.0
        self._due: float | None = None
        self._backoff = Backoff()
        self._logs_seen = 0.0

    @property
    def due_in_s(self) -> float:
        """When `tend` should be called at the latest."""
        return LOGS_S if self._due is None else max(0.0, min(LOGS_S, self._due - time.monotonic()))

    def start(self) -> None:
        """The first start. Raises `CannotRun`."""
        try:
            self.asterisk.start()
        except OSError as error:
            raise unusable(self.asterisk.spec.folder.parent, error) from None
        except (AsteriskError, ConfError) as error:
            raise CannotRun(str(error)) from None
        self._began = time.monotonic()

    def tend(self) -> None:
        """Restart Asterisk if it is dead, now or when that is due, and rotate its logs."""
        if self._due is None and not self.asterisk.is_running:
            code = self.asterisk.returncode
            lived_s = time.monotonic() - self._began
            wait_s = self._backoff.after(lived_s)
            how = ended(code) if code is not None else "did not come up"
            say(f"Asterisk {how} after {lived_s:.1f} s; {again(wait_s)}")
            self._due = time.monotonic() + wait_s
        if self._due is not None and time.monotonic() >= self._due:
            self._due = None
            self._began = time.monotonic()
            try:
                self.asterisk.start()
            except (AsteriskError, ConfError, OSError) as error:
                say(str(error))
        elif time.monotonic() - self._logs_seen >= LOGS_S:
            self._logs_seen = time.monotonic()
            try:
                self.asterisk.bound_logs()
            except OSError as error:
                say(f"Asterisk's logs cannot be turned over: {error}")

    def stop(self) -> None:
        """End it."""
        self.asterisk.stop()

"""Empties the outbox: sends what is due, notes what was sent, tries again what was not."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import structlog

from acd.config.given_secrets import smtp_password, text_token
from acd.config.settings import Settings
from acd.desk.database import RETRY_S, Records
from acd.desk.delivery import letters
from acd.desk.delivery.senders import WHOLE_S, Files, HttpTexts, Mails, MailTexts, NotSent, Smtp, Texts, Webhooks
from acd.desk.delivery.text_cap import TextCap
from acd.desk.town_files import texts_reach_citizens
from acd.lib.secret_file import secret_in
from console.ports import Unavailable
from storage.database import DatabaseError
from storage.requests.faults import Fault, is_of_database
from storage.requests.outbox import Outbox, Parcel
from tickets.changes import Rules
from tickets.deliveries import WRITTEN, is_mobile

log = structlog.get_logger()

LOOK_S: Final = 1.0
"""How soon a change's letters leave."""
AT_ONCE: Final = 4
"""So many of a kind are sent at once."""
BATCH: Final = 2 * AT_ONCE
"""So many are claimed at once: even if each takes as long as it may, all are sent within `storage.requests.outbox`'s
lease."""
LEFT_S: Final = 5.0
"""A thread that is still busy so long after `WHOLE_S` (nobody answers for a host's name) is waited for no longer."""
_SENT: Final = ("mail", "webhook", "text")
"""Kinds that need threads: enough for both channels of text messages, so that none of a batch waits for one."""
CHANNELS: Final[Sequence[tuple[str, bool | None]]] = (
    ("mail", None), ("webhook", None), ("text", False), ("text", True), ("children", None),
)  # fmt: skip
"""Each kind by itself, so that a slow receiver holds up its own kind alone; text messages that a person wrote (True)
do not wait behind those that nobody did, of which only so many leave. Wishes of the line are another's."""


class Post:
    """Sends parcels. `run` does so until cancelled."""

    def __init__(self, settings: Settings, rules: Callable[[], Rules], fault: Fault) -> None:
        self._rules = rules
        self._fault = fault
        self._mails = mails_of(settings)
        self._texts = texts_of(settings, self._mails)
        self._webhooks = Webhooks(secret_in(settings.webhook_secret_file))
        self._threads = {kind: ThreadPoolExecutor(2 * AT_ONCE, f"post-{kind}") for kind in _SENT}
        self._cap = TextCap(settings.texts_per_hour if texts_reach_citizens(settings) else 0)
        self._error = ""

    async def run(self, records: Records) -> None:
        """Send what is due, and what becomes due."""
        async with asyncio.TaskGroup() as channels:
            for kind, written in CHANNELS:
                channels.create_task(self._send_for_ever(kind, written, records))

    async def _send_for_ever(self, kind: str, written: bool | None, records: Records) -> None:
        while True:
            try:
                sent = await self.send(kind, written, records.outbox)
                self._error = ""
            except (Unavailable, DatabaseError) as problem:
                if str(problem) != self._error and isinstance(problem, DatabaseError):
                    log.warning("outbox_not_emptied", error=str(problem))
                self._error = str(problem)
                await asyncio.sleep(RETRY_S)
                continue
            if not sent:
                await asyncio.sleep(LOOK_S)

    async def send(self, kind: str, written: bool | None, outbox: Outbox) -> int:
        """Send some of what is due now of a channel; how many there were."""
        next_at = await outbox.next_at((kind,), written=written)
        if next_at is None or next_at > outbox.now():
            return 0
        capped = kind == "text" and not written
        room = await self._cap.room(outbox, BATCH) if capped else BATCH
        if not room:
            self._cap.wait(outbox.now())
            return 0
        parcels: Sequence[Parcel] = await outbox.take((kind,), room, written=written)
        turns = asyncio.Semaphore(AT_ONCE)

        async def send(parcel: Parcel) -> None:
            async with turns:
                await self._send(outbox, parcel)

        done = await asyncio.gather(*(send(parcel) for parcel in parcels), return_exceptions=True)
        for error in done:
            if isinstance(error, BaseException):
                raise error
        return len(parcels)

    async def _send(self, outbox: Outbox, parcel: Parcel) -> None:
        """Send one, or note why it was not: our own fault in one must not keep the others."""
        sent = False
        try:
            if parcel.kind == "children":
                await outbox.follow(parcel)
            elif letters.needless(parcel, self._rules()):
                await outbox.done(parcel, needless=True)
            elif sent := await self._is_sent(outbox, parcel):
                await outbox.done(parcel)
        except Exception as error:
            if is_of_database(error):
                raise
            self._fault("post", parcel.ticket.number, error)
            await outbox.failed(parcel, type(error).__name__, lasting=sent)  # nobody gets a letter twice for it

    async def _is_sent(self, outbox: Outbox, parcel: Parcel) -> bool:
        try:
            if parcel.kind == "text" and parcel.about != WRITTEN:
                self._cap.count(outbox.now())
            await self._in_a_thread(parcel)
        except NotSent as error:
            log.warning("not_sent", kind=parcel.kind, key=parcel.key, tries=parcel.tries, error=str(error))
            await outbox.failed(parcel, str(error), lasting=error.lasting)
            return False
        return True

    async def _in_a_thread(self, parcel: Parcel) -> None:
        """The kind has threads of its own, so that none waits for another kind's."""
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(WHOLE_S + LEFT_S):
                await loop.run_in_executor(self._threads[parcel.kind], self._hand_over, parcel, self._rules())
        except TimeoutError:
            raise NotSent(f"it took longer than {WHOLE_S + LEFT_S:g} s") from None

    def _hand_over(self, parcel: Parcel, rules: Rules) -> None:
        match parcel.kind:
            case "mail":
                self._mails.send(parcel.key, parcel.to, letters.subject(parcel), letters.mail(parcel, rules))
            case "webhook":
                self._webhooks.send(parcel.key, parcel.to, letters.webhook(parcel, rules))
            case "text":
                if parcel.about != "receipt" and not rules.texts:  # there was a gateway when it was asked for
                    raise NotSent("text_gateway = file: no text message reaches the citizen", lasting=True)
                if not is_mobile(parcel.ticket.caller, rules.denied):  # whatever it was when it was asked for
                    raise NotSent("no mobile number that may be called", lasting=True)
                if parcel.ticket.contact == "none":  # a person says what must be said all the same
                    raise NotSent("the citizen wants no text messages", lasting=True)
                self._texts.send(parcel.key, parcel.ticket.caller, letters.text(parcel, rules))


def mails_of(settings: Settings) -> Mails:
    """By the server of the settings; files where there is none. Raises `BadConfig`."""
    if not settings.smtp_server:
        return Files(settings.outgoing_dir)
    return Smtp(
        settings.smtp_server,
        tls=settings.smtp_tls,
        user=settings.smtp_user,
        password=smtp_password(settings),
        sender=settings.mail_from,
    )


def texts_of(settings: Settings, mails: Mails) -> Texts:
    """By the gateway of the settings; files where there is none. Raises `BadConfig`."""
    if settings.text_gateway == "http":
        return HttpTexts(settings.text_url, text_token(settings))
    if settings.text_gateway == "smtp":
        return MailTexts(mails, settings.text_domain)
    return Files(settings.outgoing_dir)

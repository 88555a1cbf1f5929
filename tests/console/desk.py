"""A line in memory, behind the console's ports; the test sets its state."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import httpx
from fastapi import FastAPI

from acd.metrics import Metrics, render
from console.api import create_app
from console.auth import token_check
from console.openid_ports import OpenId
from console.people_ports import People
from console.phone_relay import PhoneRelay
from console.ports import Check, ConsolePorts
from console.request_ports import Articles, Requests
from console.server import HttpServer, Limits
from tests.acd.metrics.journal import ISTANBUL, SERVICES
from tests.console.administration import FewAccounts, FewAudit, FewDestructions, FewFiles, FewPrompts, FewRecordings
from tests.console.day_records import DayRecords
from tests.console.known_people import KnownPeople
from tests.console.line_wishes import LineWishes
from tests.console.request_records import FewRequests, KeptDrafts, NoArticles, TicketRecords
from tests.console.served import Served
from tests.console.tokens import AUTH, TOKEN, WALL_TOKEN
from tests.tickets.towns import TOWN


class Desk(LineWishes, DayRecords, TicketRecords):
    """Everything a test may set; `ports()` is what the console sees of it."""

    def __init__(self) -> None:
        super().__init__()
        self.metrics = Metrics(
            services=SERVICES, clock=lambda: self.now, zone=ISTANBUL, service_level_s=15, version="1"
        )
        self.requests: Requests | None = None
        """What keeps requests; None: only `ticket_records` can be read."""
        self.drafts = KeptDrafts(self)
        self.articles: Articles | None = None
        """The knowledge base; None: it is empty."""
        self.health = [Check(name="journal", ok=True), Check(name="ami ast1", ok=True)]
        self.refusals: list[str] = []
        self.demo = True
        self.relay: PhoneRelay | None = None
        """What holds the WebSockets of telephones; there is none unless a test says so."""
        self.people: People = KnownPeople()
        self.openid: OpenId | None = None
        self.files, self.accounts = FewFiles(self.ready), FewAccounts(self.ready)
        self.recordings, self.destructions = FewRecordings(), FewDestructions(self.ready)
        self.audit = FewAudit(self.ready)
        self.town = TOWN

    # --- the ports

    def ports(self) -> ConsolePorts:
        """What the console is given."""
        return ConsolePorts(
            list_calls=self._list_calls,
            get_call=self._get_call,
            tell_call=self._tell_call,
            requests=self.requests or FewRequests(self),
            articles=self.articles or NoArticles(self),
            town=lambda: self.town,
            services=lambda: {"request": "routine", "funeral": "urgent"},
            transfer_codes=lambda: {"funeral": "11"},
            live=self,
            statistics=self.metrics.statistics,
            days=self,
            outbreaks=self,
            configuration=self.files,
            accounts=self.accounts,
            destructions=self.destructions.list,
            audit=self.audit.list,
            heard=FewPrompts(),
            prompt_recordings=self.recordings,
            request_agent_state=self._request_agent_state,
            cancel_callback=self._cancel_callback,
            set_kind=self._set_kind,
            consultant=self._consultant,
            drafts=self.drafts,
            put_first=self._put_first,
            hand_over_targets=lambda: self.targets,
            hand_over=self._hand_over,
            call_citizen=self._call_citizen,
            monitor=self._monitor,
            pause_recording=self._pause_recording,
            sound=self._sound,
            get_agent_services=self._get_agent_services,
            set_agent_services=self._set_agent_services,
            get_surge=self._get_surge,
            set_surge=self._set_surge,
            clear_surge=self._clear_surge,
            checks=self._checks,
            count_refused=self.refusals.append,
            metrics=lambda: render(self.metrics.registry),
            check_token=token_check(TOKEN),
            check_wallboard=token_check(WALL_TOKEN),
            people=self.people,
            openid=self.openid,
            clock=lambda: self.now,
            open_phone=self._open_phone,
            demo_phone=self._demo_phone if self.demo else None,
            relay=self.relay,
            realm="cozum",
            line="4440411",
            public_number="444 05 06",
            version="1.2.3",
            timezone="Europe/Istanbul",
        )

    async def _checks(self) -> Sequence[Check]:
        if self.stuck:
            await asyncio.Event().wait()
        return self.health

    # --- how a test reaches the console

    def app(self, **options: Any) -> FastAPI:
        """The application over this line."""
        return create_app(self.ports(), **options)

    def client(self, app: FastAPI | None = None, headers: dict[str, str] | None = None) -> httpx.AsyncClient:
        """A client in this process, with the token unless `headers` say otherwise."""
        transport = httpx.ASGITransport(app or self.app(), raise_app_exceptions=False)
        return httpx.AsyncClient(
            transport=transport, base_url="http://test", headers=AUTH if headers is None else headers
        )

    @asynccontextmanager
    async def served(
        self, limits: Limits | None = None, tls: ssl.SSLContext | None = None, **options: Any
    ) -> AsyncIterator[Served]:
        """The application on a real port."""
        app = self.app(**options)
        refusals: list[str] = []
        server = HttpServer(app, limits=limits, refused=refusals.append)
        port = await server.start("127.0.0.1", 0, tls, self.relay)
        watching = asyncio.create_task(app.state.telephones.watch())
        try:
            yield Served(port, server, refusals)
        finally:
            watching.cancel()
            app.state.live.close()
            await server.stop(grace_s=1)

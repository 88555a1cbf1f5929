"""stub until storage lands"""

import asyncio
from console.ports import Check, Unavailable


class Records:
    def __init__(self, settings):
        self.seq = 0

    def notify(self):
        pass

    async def run(self, f):
        await asyncio.Event().wait()

    async def close(self):
        pass

    def checks(self, n):
        return ()

    async def ticket_state(self, v):
        return None

    async def list_calls(self, q):
        raise Unavailable("no db")

    async def get_call(self, q):
        raise Unavailable("no db")

    async def list_tickets(self, q):
        raise Unavailable("no db")

    async def get_ticket(self, q):
        raise Unavailable("no db")

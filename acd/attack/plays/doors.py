"""The doors on loopback, tried by a neighbour: any program on this machine can come to them.

A program that may talk to FastAGI can make up callers, have them hold a place in the queue, and sign agents in and out
as far as PINs allow. All of them want a secret: FastAGI and the standby as the first argument of a request.
"""

import asyncio
import contextlib
import json

from acd.attack.attack import Attack, Outcome
from acd.attack.line import AGENTS
from acd.attack.scene import DIALLED, Scene
from acd.attack.sip import token

ANSWER_S = 1.0
NOBODY = "05329999999"
PATHS = ("call", "x/call", "agent/login", "x/agent/logout", "ask", "x/ask", "ended", "x/ended", "", "../call")


def environment(path: str) -> bytes:
    """How Asterisk begins a session, for a caller whom nobody has."""
    request = {"network": "yes", "network_script": path, "request": f"agi://127.0.0.1/{path}", "enhanced": "0.0"}
    channel = {"channel": "PJSIP/trunk-0000ffff", "type": "PJSIP", "uniqueid": f"attack-{token(3)}.1", "language": "tr"}
    caller = {"callerid": NOBODY, "calleridname": "unknown", "dnid": DIALLED}
    place = {"context": "hotline", "extension": DIALLED, "priority": "9"}
    arguments = {"arg_1": "1700000000000", "arg_2": f"PJSIP/{AGENTS[0]}"}
    lines = request | channel | caller | place | arguments
    return "".join(f"agi_{name}: {value}\n" for name, value in lines.items()).encode() + b"\n"


async def play(scene: Scene, outcome: Outcome) -> None:
    """Each door without its key, and with a wrong one."""
    settings = scene.line.settings
    for name, port in (("FastAGI", settings.fastagi_port), ("the standby", settings.standby_port)):
        answers = await asyncio.gather(*(_said(port, environment(path)) for path in PATHS))
        for path, answer in zip(PATHS, answers, strict=True):
            outcome.tried += 1
            if answer:
                outcome.moved.append(f"{name} serves anybody at /{path}: {answer.splitlines()[0][:60]}")
    await _manager(scene, outcome)
    await _api(scene, outcome)
    if any(row["caller"] == NOBODY for row in await scene.queue()):
        outcome.moved.append("a caller whom nobody has is in the queue")


async def _said(port: int, text: bytes, *, greeted: bool = False) -> str:
    """What is answered there within a second; empty for nothing."""
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return ""
    try:
        if greeted:
            await reader.readline()
        writer.write(text)
        await writer.drain()
        with contextlib.suppress(TimeoutError, OSError):
            return (await asyncio.wait_for(reader.read(4096), ANSWER_S)).decode("latin-1")
    except OSError:
        return ""
    finally:
        writer.close()
    return ""


async def _manager(scene: Scene, outcome: Outcome) -> None:
    actions = ("CoreShowChannels", "Command\r\nCommand: core show version", "Originate\r\nChannel: Local/1@x")
    tries = [(secret, action) for secret in ("", "cozum", "secret", "x" * 43) for action in actions]
    logins = (
        f"Action: Login\r\nUsername: {scene.line.settings.ami_user}\r\nSecret: {secret}\r\n\r\nAction: {action}\r\n\r\n"
        for secret, action in tries
    )
    port = scene.line.settings.ami_port
    answers = await asyncio.gather(*(_said(port, login.encode(), greeted=True) for login in logins))
    for (_, action), said in zip(tries, answers, strict=True):
        outcome.tried += 1
        if "Response: Success" in said:
            outcome.moved.append(f"the manager interface took {action.split()[0]} with a wrong secret")


async def _api(scene: Scene, outcome: Outcome) -> None:
    body = json.dumps({"state": "ready"})
    keys = ("", "Authorization: Bearer \r\n", f"Authorization: Bearer {'x' * 43}\r\n", "Authorization: Basic eDp4\r\n")
    paths = (("GET", "agents"), ("GET", "calls"), ("GET", "queue"), ("POST", f"agents/{AGENTS[0]}/state"))
    tries = [(method, path, key) for method, path in paths for key in keys]
    requests = (
        f"{method} /api/v1/{path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{key}Content-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n{body}"
        for method, path, key in tries
    )
    port = scene.line.settings.http_port
    answers = await asyncio.gather(*(_said(port, request.encode()) for request in requests))
    for (method, path, _), said in zip(tries, answers, strict=True):
        outcome.tried += 1
        status = said.splitlines()[0] if said else "no answer"
        if not status.startswith("HTTP/1.1 401"):
            outcome.moved.append(f"{method} {path} without the token: {status}")


ATTACK = Attack("doors", "FastAGI, the standby, the manager interface and the API without their keys", play)

"""No log holds a caller's number or name, a PIN, a password or a secret: a line is used in every way, well and badly,
and then all its logs are searched."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.stack import PIN, Stack, until
from phones import Agent, Blind, Caller, HangUp, Login, Press, Step, Wait
from phones.ports import free_udp_port
from phones.raw import RawCaller
from tests.acd.asterisk.test_hostile_texts import MARK, forms, invites
from tests.integration.citizen import Citizen
from tests.integration.conftest import KEYS
from tests.integration.test_callbacks import ASKS

NUMBERS = tuple(f"0532765{n:04d}" for n in range(8101, 8109))
NAMES = ("Zeynep Gizlioğlu", "Örtülü Ömer")
STRANGER = "05327659999"


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    stack = Stack(
        tmp_path_factory.mktemp("secrets"), agents=3, ring_s=2.0, wrapup_s=0.0, standby_after_s=1.0,
        callback_trunk=f"127.0.0.1:{free_udp_port()}", callback_ring_s=5, callback_tries=1, max_calls_per_second=1000,
        max_calls=1000, max_calls_per_number=1000, max_calls_withheld=1000, callback_abandoned_urgent=True,
    )  # fmt: skip
    stack.logins = tuple(Login(login.user, f"sip-password-{login.user}") for login in stack.logins)
    with stack:
        yield stack


def use(stack: Stack, folder: Path) -> None:
    """All that callers and agents do."""
    number = iter(NUMBERS)
    trunk = int(str(stack.settings["callback_trunk"]).rpartition(":")[2])
    with stack.phones(folder) as phones:

        def dial(service: str, *then: Step, name: str = "") -> str:
            who = next(number)
            steps = (*(step for key in KEYS[service] for step in (Wait(0.3), Press(key))), *then)
            phones.call(Caller(steps=steps), numbers=[who], names=[name] if name else [])
            return who

        def over(who: str) -> None:
            until(f"the call of {who} is over", lambda: [one for one in stack.calls() if one["caller"] == who], 60)

        phones.staff([stack.login("1002")], Agent(answer_after_s=0.1, talk_s=0.5))
        phones.staff([stack.login("1001")], Agent(answer_after_s=0.1, talk_s=0.6, transfer=Blind("1002", 0.5)))
        phones.call(Caller(login=stack.login("1001"), steps=(Wait(1.0), Press(f"{PIN}#"), Wait(2.0))), dialled="*45")
        until("1001 signs in", lambda: stack.state_of("1001") == "ready", 60)
        stack.set_state("1002", "ready")
        over(dial("funeral", name=NAMES[0]))
        over(dial("request", name=NAMES[1]))
        for extension in ("1001", "1002"):
            stack.set_state(extension, "offline")

        # One is called back, one is not reached, one gives up.
        for answer in (Agent(answer_after_s=0.1, talk_s=0.5), Agent(reject=486, answer_after_s=0.1)):
            with Citizen(folder / f"citizen{answer.reject}", trunk, answer):
                who = dial("request", *ASKS)
                until("it is to be called back", lambda: stack.get("callbacks"), 60)
                stack.set_state("1002", "ready")
                over(who)
                stack.set_state("1002", "offline")
        over(dial("request", Wait(0.5), HangUp()))

        # No engine, and Asterisk's own queue.
        phones.call(Caller(steps=(Wait(6.0), HangUp())), numbers=[who := next(number)], names=[NAMES[0]])
        for _ in range(6):
            stack.kill_daemon()
            until("the next engine is there", stack.engine_runs, 60)
        stack.wait_ready()
        over(who)


def misuse(stack: Stack) -> None:
    """All that somebody may send."""
    port = int(str(stack.settings["sip_port"]))
    bad = (b'"' + NAMES[0].encode()[:-1] + b'\xff" <sip:' + NUMBERS[0].encode() + b"@127.0.0.1>",
           b'"' + NAMES[1].encode() + b'" <sip:' + NUMBERS[1].encode() + b"%0d%0aX@127.0.0.1>",
           b'"' + NAMES[1].encode() * 300 + b'" <sip:' + NUMBERS[1].encode() + b"@127.0.0.1>",
           b"<tel:" + NUMBERS[2].encode() + b">")  # fmt: skip
    for who in bad:
        for headers in ({"from": who}, {"from": who, "p_asserted_identity": who, "diversion": who, "contact": who}):
            for target in (b"sip:4440411@127.0.0.1", b"sip:" + NUMBERS[3].encode() + b"@127.0.0.1", b"tel:4440411"):
                with RawCaller(port, target=target, **headers) as caller:
                    if caller.invite(within_s=0.5) == 200:
                        caller.hang_up()
    with RawCaller(port, source=b"127.0.0.2", **{"from": f'"{NAMES[0]}" <sip:{STRANGER}@x>'.encode()}) as stranger:
        assert stranger.invite() == 401
    for text in forms():
        for headers in invites(text):
            with RawCaller(port, **headers) as caller:
                caller.invite(within_s=0.0)
        stack.asterisk_cli("channel request hangup all")


def test_no_log_holds_what_is_nobodys_business(stack: Stack, tmp_path: Path) -> None:
    use(stack, tmp_path)
    misuse(stack)

    def left() -> list[str]:
        """Callers who never acknowledged our answer are let go after 32 s; nobody waits for that."""
        stack.asterisk_cli("channel request hangup all")
        return [str(one["id"]) for one in stack.queue()] + stack.asterisk_cli("core show channels concise").splitlines()

    until("the line is empty", lambda: not left(), 60, every_s=0.5, say=left)
    stack.wait_ready()
    secrets = [(stack.data_dir / name).read_text("ascii").strip() for name in ("token", "ami_secret", "agi_secret")]
    planted = {
        "number": [number.removeprefix("0") for number in (*NUMBERS, STRANGER)],
        "name": [*NAMES, *(word for name in NAMES for word in name.split())],
        "secret": [*secrets, *(login.password for login in stack.logins), f"{PIN}#", f'"{PIN}"'],
        "text of a caller": [MARK],
    }
    logs = [stack.folder / "output", *(stack.data_dir / "asterisk" / "log").rglob("*")]
    texts = {path.name: path.read_text("utf-8", "replace") for path in logs if path.is_file()}
    texts["metrics"] = stack.metrics()
    assert {"output", "messages", "security", "Master.csv", "asterisk.out"} <= set(texts)
    # What an account was called that nobody has: an address to bar comes with it (docs/operations.md).
    texts["security"] = re.sub(r'"InvalidAccountID".*', "", texts["security"])
    found = [
        (name, what, line[:300])
        for name, text in texts.items()
        for line in text.splitlines()
        for what, words in planted.items()
        if any(word in line for word in words)
    ]
    assert found == []
    for line in texts["messages"].splitlines():
        assert re.match(r"\[\d{4}-\d\d-\d\d ", line), line
    for line in texts["output"].splitlines():
        assert line.isprintable(), line

"""Real phones for tests, bench and demo: sipp callers and agents, written as data and run from Python.

    with Phones("127.0.0.1", 5060, folder) as phones:
        agents = phones.staff(logins(1001, 1002), Agent(answer_after_s=0.5, talk_s=2.0))
        callers = phones.call(Caller(steps=(Wait(1.0), Press("1"), Wait(1.0), Press("2"))), count=3, rate=10)
        assert callers.wait(30).failed == 0

What happened is read from sipp's own records: counts (`Callers.wait`), and every SIP message with its time
(`Process.legs`).
"""

from phones.flood import Flood
from phones.scenario import Agent, Caller, HangUp, OnWord, Press, Step, Talk, Wait
from phones.script import Login, logins
from phones.sipp import Agents, Callers, Counts, Phones, PhonesError, may_send_keys
from phones.trace import Leg, Message, legs_of, read_messages
from phones.transfer import Blind, Consult

__all__ = [
    "Agent",
    "Agents",
    "Blind",
    "Caller",
    "Callers",
    "Consult",
    "Counts",
    "Flood",
    "HangUp",
    "Leg",
    "Login",
    "Message",
    "OnWord",
    "Phones",
    "PhonesError",
    "Press",
    "Step",
    "Talk",
    "Wait",
    "legs_of",
    "logins",
    "may_send_keys",
    "read_messages",
]

"""A sipp scenario being written, and the account it is for: what callers, agents and transfers have in common."""

from collections.abc import Sequence
from dataclasses import dataclass, field

GO_ON = "INFO"
"""The request of ours that has a phone go on, where it waits for our word."""
HERE = "<sip:[local_ip]:[local_port]>"
ECHOED = ("[last_Via:]", "[last_From:]", "[last_Call-ID:]", "[last_CSeq:]")


@dataclass(frozen=True, slots=True)
class Login:
    """A phone's account: SIP user and password."""

    user: str
    password: str


def logins(*extensions: int) -> tuple[Login, ...]:
    """The demo agents' accounts: 1001 with the password demo1001 and so on."""
    return tuple(Login(str(extension), f"demo{extension}") for extension in extensions)


def ok(tag: str = "") -> list[str]:
    """A 200 to the request that came last."""
    return ["SIP/2.0 200 OK", *ECHOED, f"[last_To:]{tag}", f"Contact: {HERE}"]


@dataclass(frozen=True, slots=True)
class Ends:
    """Where a call goes that ends: by the other side, by our word, and when all is said."""

    theirs: str
    told: str
    over: str


@dataclass(slots=True)
class Script:
    """A sipp scenario being written: steps in order, and labels to jump to."""

    name: str
    parts: list[str] = field(default_factory=list)
    _labels: int = 0

    def label(self) -> str:
        """A new label, to be placed later with `mark`."""
        self._labels += 1
        return str(self._labels)

    def mark(self, label: str) -> None:
        """Place a label here."""
        self.parts.append(f'<label id="{label}"/>')

    def send(self, lines: Sequence[str], *, again: bool = False, to: str = "", body: Sequence[str] = ()) -> None:
        """Send a message; `again` sends it again until it is answered; `to` is the label to go to."""
        length = "[len]" if body else "0"
        text = "\n".join([*lines, f"Content-Length: {length}", "", *body])
        attributes = (' retrans="500"' if again else "") + (f' next="{to}"' if to else "")
        self.parts.append(f"<send{attributes}><![CDATA[\n{text}\n]]></send>")

    def recv(self, *, to: str = "", optional: bool = False, within_s: float | None = None, late: str = "",
             action: str = "", auth: bool = False, **what: str) -> None:  # fmt: skip
        """Receive `request="BYE"` or `response="200"`; go to `late` if it does not come `within_s`."""
        attributes = "".join(f' {key}="{value}"' for key, value in what.items())
        attributes += ' optional="true"' if optional else ""
        attributes += ' auth="true"' if auth else ""
        attributes += f' timeout="{max(1, round(within_s * 1000))}"' if within_s is not None else ""
        attributes += f' ontimeout="{late}"' if late else ""
        attributes += f' next="{to}"' if to else ""
        self.parts.append(f"<recv{attributes}><action>{action}</action></recv>" if action else f"<recv{attributes}/>")

    def heed_no_word(self) -> None:
        """Let our word pass that comes before the answer that is received next: it comes again. At one that it does
        not await sipp gives the call up, by a BYE to nowhere."""
        again = self.label()
        self.mark(again)
        self.recv(request="MESSAGE", optional=True, to=again)

    def do(self, action: str = "", *, to: str = "", chance: float | None = None) -> None:
        """Do something without a message, and go to `to` (only with a probability, if `chance` is given)."""
        attributes = (f' next="{to}"' if to else "") + (f' chance="{chance:.4f}"' if chance is not None else "")
        self.parts.append(f"<nop{attributes}><action>{action}</action></nop>" if action else f"<nop{attributes}/>")

    def listen(self, s: float | None, end: Ends) -> None:
        """Wait for `s`, or with None until we say to go on; the other side's BYE, or our word, end the call."""
        after = self.label()
        if s is None:
            self.recv(request=GO_ON, optional=True, to=after)
            self.listen_on(None, end)
            self.mark(after)
            return
        # sipp minds the time-out of the first of several, and of no other
        self.recv(request="MESSAGE", optional=True, to=end.told, within_s=s, late=after)
        self.recv(request="BYE", to=end.theirs, within_s=s, late=after)
        self.mark(after)

    def listen_on(self, at_most_s: float | None, end: Ends) -> None:
        """Wait for the end of the call; one that does not end in time has failed."""
        self.recv(request="MESSAGE", optional=True, to=end.told, within_s=at_most_s)
        self.recv(request="BYE", to=end.theirs, within_s=at_most_s)

    def listen_exponentially(self, mean_s: float, end: Ends) -> None:
        """Wait for an exponential time (in steps of a twentieth of its mean)."""
        loop, over = self.label(), self.label()
        self.mark(loop)
        self.listen(mean_s / 20, end)
        self.do(to=over, chance=1 / 20)
        self.do(to=loop)
        self.mark(over)

    def hang_up(self, bye: Sequence[str], over: str) -> None:
        """Send BYE. The other side's own BYE may cross it, and its dialogue may be gone already; our word may come too
        late."""
        await_end, crossed = self.label(), self.label()
        self.send(bye, again=True, to=await_end)
        self.mark(crossed)
        self.send(ok())
        self.mark(await_end)
        self.recv(request="MESSAGE", optional=True, to=await_end)
        self.recv(request="BYE", optional=True, to=crossed)
        self.recv(response="481", optional=True, to=over)
        self.recv(response="200", to=over)

    def ends(self) -> Ends:
        """Labels for the end of the call, to be placed with `end`."""
        return Ends(self.label(), self.label(), self.label())

    def end(self, end: Ends, bye: Sequence[str]) -> None:
        """The end of the call and of the scenario."""
        self.mark(end.told)
        self.hang_up(bye, end.over)
        self.mark(end.theirs)
        self.send(ok())
        self.mark(end.over)

    def xml(self) -> str:
        """The whole scenario."""
        head = f'<?xml version="1.0" encoding="UTF-8"?>\n<scenario name="{self.name}">\n'
        return head + "\n".join(self.parts) + "\n</scenario>\n"

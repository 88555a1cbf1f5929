"""A caller with a stopwatch: follows the flow by the real durations of its audio.

Seconds count from pick-up. What Asterisk and the daemon add is put in from above: `FILE_S` for each file begun,
`KEY_S` from a key to what follows it. `REACTION_S` is how long after the end of a word the caller presses."""

from dataclasses import dataclass, field
from pathlib import Path

from ivr.flow import Flow
from ivr.interpreter import AskOwn, Choose, Finish, Found, Gather, Interpreter, Keys, LookUp, NoKey, Play, SetLanguage
from ivr.sound import measure

FILE_S = 0.03
KEY_S = 0.1
REACTION_S = 0.2


@dataclass
class Heard:
    """What a caller went through."""

    said_at: dict[str, float] = field(default_factory=dict)
    """When each prompt's last word was over."""
    first_word_at: float | None = None
    keys: int = 0
    end_at: float = 0.0
    end: Choose | Finish | None = None


def call(
    flow: Flow,
    sounds: Path,
    presses: list[tuple[str, str]],
    *,
    language: str = "tr",
    step: str = "",
    own: dict[str, str] | None = None,
) -> Heard:
    """A call in which each key of `presses`, (prompt, key), is pressed when that prompt has been said. An empty prompt
    means at once. After the last of them the caller is silent. It begins at `step`, if that is given. `own`: what the
    desk says of the caller's own requests."""
    heard = Heard()
    one = Interpreter(flow, language=language, step=step)
    one.asks_own = own is not None
    actions = one.start()
    left = list(presses)
    kept = ""
    now = 0.0
    while True:
        for action in actions:
            if left and not left[0][0]:
                kept += left.pop(0)[1]
            match action:
                case Play(prompts):
                    for prompt in prompts:
                        if kept:
                            break
                        audio = measure(sounds / one.language / f"{prompt}.wav")
                        now += FILE_S
                        if heard.first_word_at is None:
                            heard.first_word_at = now + audio.leading_s
                        said = now + audio.duration_s - audio.trailing_s
                        heard.said_at[prompt] = said
                        if left and left[0][0] == prompt:
                            kept += left.pop(0)[1]
                            now = said + REACTION_S
                        else:
                            now += audio.duration_s
                case Gather(max_digits, timeout_s):
                    if kept:
                        digits, kept = kept[:max_digits], kept[max_digits:]
                        heard.keys += len(digits)
                        now += KEY_S
                        actions = one.handle(Keys(digits))
                    else:
                        now += timeout_s
                        actions = one.handle(NoKey())
                case LookUp():
                    actions = one.handle(Found(None))
                case AskOwn():
                    actions = one.handle(Found(own))
                case Choose() | Finish():
                    heard.end, heard.end_at = action, now
                    return heard
                case SetLanguage():
                    pass

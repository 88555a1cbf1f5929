"""The numbers file: blocked numbers, preferred numbers, and switchboards that many people share.

switchboards = ["0212 555 00 00"]       # such as a hospital's: no cap on its calls at once
blocked = ["0532 123 45 67"]            # hear so and are released, unless the call is urgent
[vip]
"0532 765 43 21" = 60                   # points at the start: as if the caller had waited so long (at ageing = 1)

The numbers are not hashed: ten digits can be found from any hash within seconds, so a hash would only hide them from
the people who keep the list. Only the owner may read the file.
"""

import stat
from pathlib import Path
from typing import Annotated

import msgspec

from acd.engine.model.errors import BadConfig
from acd.engine.model.phone_numbers import bare, e164
from acd.lib.file_checks import Checker

LEAST_DIGITS = 3
OTHERS = stat.S_IRWXO
Points = Annotated[float, msgspec.Meta(gt=0, le=86_400)]


class Numbers(msgspec.Struct, frozen=True, kw_only=True):
    """The file's content, by the numbers' form of E.164."""

    blocked: frozenset[str] = frozenset()
    vip: dict[str, float] = {}
    switchboards: frozenset[str] = frozenset()


class _File(msgspec.Struct, frozen=True, kw_only=True):
    blocked: tuple[str, ...] = ()
    switchboards: tuple[str, ...] = ()
    vip: dict[str, Points] = {}


def load_numbers(path: Path | None) -> Numbers:
    """The file's numbers; none if there is no file. Raises `BadConfig` if we cannot read it, or if others can."""
    if path is None:
        return Numbers()
    try:
        mode = path.stat().st_mode
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadConfig(f"numbers_file = {str(path)!r} cannot be read: {error}") from None
    if mode & OTHERS:
        raise BadConfig(f"numbers_file = {str(path)!r} can be read by everybody: run `chmod 600 {path}`")
    return parse_numbers(text, str(path))


def parse_numbers(text: str, source: str) -> Numbers:
    """The numbers of a file. Raises `BadFile` with every problem found; a number is not shown in it."""
    check = Checker(source, secret=("blocked", "vip", "switchboards"))
    table = check.toml(text)
    check.finish()
    hints = {
        "blocked": "a list of numbers in quotes",
        "switchboards": "a list of numbers in quotes",
        "vip": "a table of numbers in quotes with points, up to 86400",
    }
    file = check.struct(_File, table, "", hints=hints)
    check.finish()
    assert file is not None
    written = (file.blocked, tuple(file.vip), file.switchboards)
    blocked, vip, switchboards = ([e164(number) for number in numbers] for numbers in written)
    for key, as_written, numbers in zip(
        ("blocked", "vip", "switchboards"), written, (blocked, vip, switchboards), strict=True
    ):
        for place, number in enumerate(numbers):
            if len(bare(as_written[place]).removeprefix("+")) < LEAST_DIGITS:
                check.add(key, numbers, f"entry {place + 1} is no number: {LEAST_DIGITS} digits or more are needed")
            elif number in numbers[:place]:
                check.add(key, numbers, f"entry {place + 1} stands already")
    for key, numbers in (("vip", vip), ("switchboards", switchboards)):
        for number in numbers:
            if number in blocked:
                check.add(key, numbers, f"entry {numbers.index(number) + 1} is blocked too")
    check.finish()
    return Numbers(
        blocked=frozenset(blocked),
        vip=dict(zip(vip, file.vip.values(), strict=True)),
        switchboards=frozenset(switchboards),
    )

"""Problems of configuration files."""

from typing import Annotated

import msgspec
import pytest

from acd.engine.model.errors import BadConfig
from acd.lib.file_checks import BadFile, Checker, show


class Thing(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    size: Annotated[int, msgspec.Meta(ge=1, le=9)] = 3
    secret: Annotated[str, msgspec.Meta(min_length=8)] = "long enough"


def test_a_good_table_becomes_a_struct_and_nothing_is_raised() -> None:
    check = Checker("a.toml")
    assert check.struct(Thing, check.toml('name = "x"\nextra = 1'), "", skip=("extra",)) == Thing(name="x")
    check.finish()


def test_every_bad_field_is_noted_with_key_value_and_what_is_allowed() -> None:
    check = Checker("a.toml", secret=("secret",))
    table = check.toml('size = 12\nsecret = "abc"\nnmae = "x"')
    assert check.struct(Thing, table, "things.0", hints={"size": "1 to 9"}) is None
    with pytest.raises(BadFile) as caught:
        check.finish()
    assert str(caught.value).splitlines() == [
        'a.toml: things.0.nmae = ***: no such key (did you mean "name"?); allowed: name, secret, size',
        "a.toml: things.0.name: is missing and has no default",
        "a.toml: things.0.size = 12: must be 1 to 9",
        "a.toml: things.0.secret = ***: must be `str` of length >= 8",
    ]
    assert isinstance(caught.value, BadConfig)


def test_what_is_no_table_or_no_toml_is_noted() -> None:
    check = Checker("a.toml")
    assert check.struct(Thing, 3, "thing") is None
    assert check.toml("a = 1\na = 2\n") == {}
    no_table, no_toml = (str(problem) for problem in check.problems)
    assert no_table == "a.toml: thing = 3: must be a table"
    assert no_toml.startswith("a.toml: not valid TOML: ")
    assert "line 2" in no_toml
    assert check.toml(f"a = {'9' * 5000}\n") == {}
    assert str(check.problems[-1]).startswith("a.toml: not valid TOML: ")


def test_values_are_shown_in_one_line_and_not_at_length() -> None:
    assert show("a\nb") == '"a\\nb"'
    assert len(show("x" * 1000)) < 100
    assert show("Işık") == '"Işık"'

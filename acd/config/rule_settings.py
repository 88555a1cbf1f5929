"""Makes fields of `Settings` from the settings that the engine's rules declare themselves."""

from typing import TYPE_CHECKING, Any, Final

import msgspec
from pydantic import Field, create_model
from pydantic_settings import BaseSettings

from acd.engine.rules.registry import RULES

_TYPES: dict[type, type] = {
    msgspec.inspect.FloatType: float,
    msgspec.inspect.IntType: int,
    msgspec.inspect.BoolType: bool,
}


def _fields() -> dict[str, Any]:
    """Each setting of a rule with its type, default, limits and description."""
    found: dict[str, Any] = {}
    for rule in RULES:
        info = msgspec.inspect.type_info(rule.settings)
        assert isinstance(info, msgspec.inspect.StructType)
        for field in info.fields:
            kind: Any = field.type
            about = ""
            if isinstance(kind, msgspec.inspect.Metadata):
                about, kind = (kind.extra_json_schema or {}).get("description", ""), kind.type
            default = rule.shipped.get(field.name, field.default)
            limits: dict[str, Any] = {name: getattr(kind, name, None) for name in ("ge", "le")}
            found[field.name] = (_TYPES[type(kind)], Field(default, description=about, **limits))
    return found


RULE_SETTINGS: Final = frozenset(_fields())
"""The names of these settings. A reload may change each."""

if TYPE_CHECKING:

    class RuleFields(BaseSettings):
        """Settings of rules."""
else:
    RuleFields = create_model("RuleFields", __base__=BaseSettings, **_fields())

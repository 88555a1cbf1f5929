"""What the audit knows of a look at a list, in words. Pure."""

from collections.abc import Mapping
from typing import Any, Final, Literal

Language = Literal["en", "tr"]

_NAMES: Final[dict[Language, dict[str, str]]] = {
    "en": {
        "state": "state", "unit": "unit", "service": "service", "topic": "topic", "district": "mahalle",
        "kind": "kind", "open": "open", "overdue": "overdue", "parent": "joined to", "class": "class",
        "outcome": "outcome", "disposition": "result", "agent": "agent", "done": "done", "day": "day",
    },
    "tr": {
        "state": "durum", "unit": "birim", "service": "hizmet", "topic": "konu", "district": "mahalle",
        "kind": "tür", "open": "açık", "overdue": "gecikmiş", "parent": "ana başvuru", "class": "sınıf",
        "outcome": "sonuç", "disposition": "görüşme sonucu", "agent": "görevli", "done": "yapılmış", "day": "gün",
    },
}  # fmt: skip
_YES_NO: Final[dict[Language, tuple[str, str]]] = {"en": ("no", "yes"), "tr": ("hayır", "evet")}
_SHOWN: Final[dict[Language, str]] = {"en": "{} shown", "tr": "{} kayıt gösterildi"}
_MORE: Final[dict[Language, str]] = {"en": "there are more", "tr": "devamı var"}
_LATER: Final[dict[Language, str]] = {"en": "a later page", "tr": "sonraki sayfa"}
_NUMBER: Final[dict[Language, str]] = {"en": "number {}", "tr": "numara {}"}
_WORDS: Final[dict[Language, str]] = {"en": "{} words", "tr": "{} sözcük"}


def look_in_words(detail: Mapping[str, Any], language: Language) -> str:
    """The filters of a look, and how much it showed; empty for an entry that is no look."""
    if "shown" not in detail:
        return ""
    said = [_NUMBER[language].format(detail["caller"])] if detail.get("caller") else []
    said += [_WORDS[language].format(detail["words"])] if detail.get("words") else []
    for name, value in dict(detail.get("filters") or {}).items():
        shown = _YES_NO[language][value] if isinstance(value, bool) else value
        said.append(f"{_NAMES[language].get(name, name)} {shown}")
    said += [_LATER[language]] if detail.get("later") else []
    said.append(_SHOWN[language].format(detail["shown"]))
    return "; ".join([*said, _MORE[language]] if detail.get("more") else said)

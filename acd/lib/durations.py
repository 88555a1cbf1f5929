"""How long something took, in words for people."""


def duration(seconds: float | None) -> str:
    """Seconds for people: `3.2 s`, `4 min 05 s`, `2 h 03 min`, `3 d 4 h`."""
    if seconds is None:
        return "–"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    if whole < 86_400:
        return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
    return f"{whole // 86_400} d {whole % 86_400 // 3600} h"

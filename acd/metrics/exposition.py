"""Prometheus' text format, written a family at a time, so that a scrape never blocks the loop for long. Which metrics
there are is in `series` and `gauges`."""

import asyncio
from collections.abc import Iterable
from typing import Final

from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

CONTENT_TYPE: Final = CONTENT_TYPE_PLAIN_0_0_4
MAX_SAMPLES: Final = 100
"""So many samples are written in one go: half a millisecond."""


async def render(registry: CollectorRegistry) -> tuple[bytes, str]:
    """The exposition and its content type. Families are read one after the other, not at one instant."""
    parts: list[bytes] = []
    for family in registry.collect():
        for begin in range(0, max(1, len(family.samples)), MAX_SAMPLES):
            text = generate_latest(_Part(family, begin))
            parts.append(text if begin == 0 else _without_comments(text))
            await asyncio.sleep(0)
    return b"".join(parts), CONTENT_TYPE


class _Part:
    """A registry for `generate_latest` with a part of one family."""

    def __init__(self, family: Metric, begin: int) -> None:
        self._part = Metric(family.name, family.documentation, family.type, family.unit)
        self._part.samples = family.samples[begin : begin + MAX_SAMPLES]

    def collect(self) -> Iterable[Metric]:
        return (self._part,)


def _without_comments(text: bytes) -> bytes:
    """The samples alone: HELP and TYPE may stand only once, before the family's first sample."""
    return b"".join(line for line in text.splitlines(keepends=True) if not line.startswith(b"#"))

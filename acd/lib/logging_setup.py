"""Logging: lines for people on a terminal, JSON for machines elsewhere. Never a caller's number or name."""

import logging
import sys

import structlog


def configure_logs(level: str) -> None:
    """Set up structlog, and the standard library's loggers of what we depend on, for standard error."""
    number = getattr(logging, level.upper())
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    *tail, last = renderers(terminal=sys.stderr.isatty())
    structlog.configure(
        processors=[*shared, *tail, last],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=[*shared, *tail], processor=last))
    logging.basicConfig(level=max(number, logging.WARNING), handlers=[handler], force=True)


def renderers(*, terminal: bool) -> list[structlog.typing.Processor]:
    """The renderers of a log line. A text from outside stays on one line, whatever it contains, and a traceback shows
    no values, because they may contain callers' numbers."""
    if terminal:
        return [
            _printable,
            structlog.dev.ConsoleRenderer(pad_event_to=24, exception_formatter=structlog.dev.plain_traceback),
        ]
    return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]


def _printable(_: object, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Escape characters that a terminal would take for a control sequence or a line end."""
    for key, value in event.items():
        if isinstance(value, str) and not value.isprintable():
            event[key] = "".join(
                one if one.isprintable() else one.encode("unicode_escape").decode("ascii") for one in value
            )
    return event

"""Logging: lines for people on a terminal, JSON for machines elsewhere. Never a caller's number or name."""

import logging
import sys

import structlog


def configure_logs(level: str) -> None:
    """Set up structlog, and the standard library's loggers of what we depend on, for standard error."""
    number = getattr(logging, level.upper())
    terminal = sys.stderr.isatty()
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    last: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer(pad_event_to=24) if terminal else structlog.processors.JSONRenderer()
    )
    tail: list[structlog.typing.Processor] = [last] if terminal else [structlog.processors.format_exc_info, last]
    structlog.configure(
        processors=[*shared, *tail],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processor=last))
    logging.basicConfig(level=max(number, logging.WARNING), handlers=[handler], force=True)

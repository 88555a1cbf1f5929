"""The API's description as the console serves it at /api/openapi.json, on standard output, without a running system.

    python scripts/describe_api.py > openapi.json

The front end's types are made from it (`make docs`), and `make check` fails where they are older than the API.
"""

import json
import sys
from dataclasses import fields
from typing import Any

from console.api import create_app
from console.ports import ConsolePorts


def _not_asked(*_: object) -> Any:
    raise AssertionError("a description asks nothing of the daemon")


def main() -> None:
    """Print it."""
    ports: dict[str, Any] = {
        port.name: _not_asked for port in fields(ConsolePorts) if not isinstance(port.default, str)
    }
    json.dump(create_app(ConsolePorts(**ports)).openapi(), sys.stdout, ensure_ascii=False, indent=1, sort_keys=True)


if __name__ == "__main__":
    main()

"""Each module of the engine can be imported first: no circle runs through them."""

import subprocess
import sys
from pathlib import Path

import acd.engine

IMPORTS = """
import os, sys
import msgspec
failed = False
for name in sys.argv[1:]:
    child = os.fork()
    if not child:
        __import__(name)
        os._exit(0)
    failed = os.waitpid(child, 0)[1] != 0 or failed
sys.exit(failed)
"""


def test_any_module_can_be_the_first() -> None:
    """Another part, such as the report, may need one module alone."""
    package = Path(acd.engine.__file__).parent
    root = package.parent.parent
    modules = sorted(".".join(path.relative_to(root).with_suffix("").parts) for path in package.rglob("*.py"))
    modules = [name.removesuffix(".__init__") for name in modules]
    assert "acd.engine.rules.offer" in modules
    done = subprocess.run(
        [sys.executable, "-c", IMPORTS, *modules], cwd=root, capture_output=True, text=True, check=False, timeout=600
    )
    assert done.returncode == 0, done.stderr[-2000:]

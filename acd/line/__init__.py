"""The process that callers depend on. It begins in `app.py`; `runtime.py` owns the engine: journal first, then act.

When it is killed, `acd.supervisor` starts it again, the dialplan holds the callers on music, `acd.standby` asks them
whether it is urgent, and `acd.engine.handlers.nodes` brings them back to their places.
"""

"""The process that serves callers. It begins in `app.py`; `runtime.py` owns the engine: journal first, then act.

When it is killed, `acd.supervisor` starts it again and the dialplan plays music to the callers. If that takes long,
`acd.standby` asks them whether the call is urgent. `acd.engine.handlers.nodes` brings them back to their places.
"""

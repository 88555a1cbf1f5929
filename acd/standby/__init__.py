"""The standby serves callers when no engine answers. It is a small process without any of the engine's parts, so that a
fault of the engine cannot end it too.

It asks a caller only whether the call is urgent, gives Asterisk's own queue the priority and the agents, and writes a
record, which the engine reads when it is back. For the first seconds without an engine the dialplan keeps the caller
itself: music, and it asks again (`[hotline]` of asterisk-conf/extensions.conf).
"""

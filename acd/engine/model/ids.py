"""Types of ids, each a `NewType`, so that mypy distinguishes them."""

from typing import NewType

CallId = NewType("CallId", str)
"""The Asterisk uniqueid of the caller's channel. It starts with the node's system name (`ast1-1764025361.42`)."""

OUTCOME_MARK = "-outcome."
"""Between the node and the wish, in the id of a call by which a citizen is told an outcome."""

TASK_MARK = "-task."
"""The same, in the id of a call by which an agent rings a citizen about a task."""

AgentId = NewType("AgentId", str)
"""An agent's extension, such as `1001`."""

OfferId = NewType("OfferId", str)
"""One attempt to connect one call to one agent: `<call>#<n>`, n counting from 1."""

ServiceId = NewType("ServiceId", str)
"""What a caller asks for, such as `funeral`."""

NodeId = NewType("NodeId", str)
"""An Asterisk node's system name, such as `ast1`."""

TimerId = NewType("TimerId", str)
"""A timer the engine asked for: `<kind>:<subject>`."""

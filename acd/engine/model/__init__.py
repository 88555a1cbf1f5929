"""The engine's data: events, facts, commands, state. Decides nothing."""

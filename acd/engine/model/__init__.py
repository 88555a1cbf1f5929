"""What the engine speaks of: events, facts, commands, state. Decides nothing."""

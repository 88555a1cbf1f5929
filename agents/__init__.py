"""Agents: their list, their PINs, what a phone's state means, the demo agents. Pure."""

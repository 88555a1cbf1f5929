"""Deadlines of requests: which days count, how long each kind has, when a clock stops."""

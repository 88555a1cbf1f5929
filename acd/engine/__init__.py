"""The pure core: events in, commands and facts out. No I/O, no clock, no randomness, no logging.

Start with `events` (what can happen), `commands` (what to do), `facts` (what became true), and `machine.Engine.handle`,
the only method that changes state.
"""

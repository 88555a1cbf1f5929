"""The pure core: events in, commands and facts out. No I/O, no clock, no randomness, no logging.

Start with `events` (what can happen), `commands` (what we then want), `facts` (what became true), and
`machine.Engine.handle`, the only thing that changes state.
"""

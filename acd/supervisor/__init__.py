"""The process that starts Asterisk, line, desk, relay and standby, and restarts each when it dies or hangs.

It begins in `supervise.py`; `forked.py` keeps one process of ours, `standby_keeper.py` the standby.
"""

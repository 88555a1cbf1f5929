"""The process that starts Asterisk, the line, the desk and the standby, and brings back what dies or hangs.

It begins in `supervise.py`; `forked.py` is one process of ours, `standby_keeper.py` the standby.
"""

"""The process that serves people and programs: database, live view, metrics, HTTP, requests. It begins in `app.py`.

`line_follower.py` follows the line. Callers do not depend on the desk: it may die, hang or be late.
"""

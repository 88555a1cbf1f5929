"""The process that serves people and programs: database, live view, metrics, HTTP, requests. It begins in `app.py`.

It follows the line by `line_follower.py`. Callers do not depend on it: it may die, hang or be late.
"""

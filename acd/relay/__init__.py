"""The relay: a process that holds the WebSockets of the telephones in browsers, and forwards them to Asterisk.

It knows no database, no HTTP and no person. The desk admits a page and hands its connection over; from then on the
page's telephone needs the desk no more, which may die, hang or be upgraded.
"""

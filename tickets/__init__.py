"""What callers asked for, followed until it is resolved: docs/requests.md tells how. Pure."""

"""The tokens that the console in memory takes, and the headers that carry them."""

TOKEN = "a-token-for-tests-only"
WALL_TOKEN = "a-token-for-walls-only"
AUTH = {"Authorization": f"Bearer {TOKEN}"}
WALL_AUTH = {"Authorization": f"Bearer {WALL_TOKEN}"}

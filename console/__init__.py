"""The web desk: pages, HTTP API, live stream. It reaches the line only through its ports (`console.ports`)."""

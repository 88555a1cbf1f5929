"""The web desk: the wall, the HTTP API, the live stream. It knows the line by its ports alone (`console.ports`)."""

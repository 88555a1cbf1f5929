"""The configuration: settings, services, hours, number lists; read, checked and reloaded."""

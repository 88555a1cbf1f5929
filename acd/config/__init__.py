"""What the line goes by: settings, services, hours, number lists; read, checked and read anew."""

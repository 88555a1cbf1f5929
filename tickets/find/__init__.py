"""Finding mahalle, streets and topics as people write and say them."""

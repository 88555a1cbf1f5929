"""Personal data of requests (law 6698, KVKK): who sees it, how long it is kept, how it is erased."""

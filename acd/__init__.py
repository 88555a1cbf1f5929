"""Çözüm's daemon: the engine, its adapters to Asterisk, and the place where the parts are put together."""

"""The standby: what is left of the line when no engine answers. A process of its own, small and without any of the
engine's parts, so that nothing that ends the engine ends it as well.

It asks a caller the one question that matters, tells Asterisk's own queue how urgent they are and who may answer, and
writes down what it learnt, for the engine to read when it is back.
"""

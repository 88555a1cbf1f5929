"""The engine under a virtual clock, the theory beside it, and the staffing that follows from both."""

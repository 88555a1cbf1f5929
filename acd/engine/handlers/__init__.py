"""What can happen to a call, an offer, a callback, a transfer, an agent, a node: one module each."""

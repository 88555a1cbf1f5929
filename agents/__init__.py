"""Who answers: the list of agents, their PINs, what a phone's state means, the demo agents. Pure."""

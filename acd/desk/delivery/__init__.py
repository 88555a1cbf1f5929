"""What leaves the desk because of a change of a request: mail and webhooks to units, text messages to citizens."""

"""The `billhook` command: every step of billing from a terminal."""

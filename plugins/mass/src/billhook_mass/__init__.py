"""Place of the planned plugin `billhook-mass`; it does nothing yet."""

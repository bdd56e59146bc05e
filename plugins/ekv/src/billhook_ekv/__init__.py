"""Place of the planned plugin `billhook-ekv`; it does nothing yet."""

"""Place of the planned plugin `billhook-vsb`; it does nothing yet."""

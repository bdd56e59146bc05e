"""Place of the planned plugin `billhook-forcare-budget`; it does nothing yet."""

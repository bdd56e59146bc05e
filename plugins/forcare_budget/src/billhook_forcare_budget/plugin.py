"""What `billhook-forcare-budget` registers with Billhook: nothing yet.

It will check trial billings against the budgets that a care fund granted a client.
Until it is built, this module implements no hook and registers no scheme.
"""

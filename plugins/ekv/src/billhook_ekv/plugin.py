"""What `billhook-ekv` registers with Billhook: nothing yet.

It will send electronic cost estimates (elektronischer Kostenvoranschlag, eKV) to German health
insurers and read their approvals.
Until it is built, this module implements no hook and registers no scheme.
"""

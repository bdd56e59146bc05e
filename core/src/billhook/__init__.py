"""Billhook turns the services a care provider delivered into claims that the payer accepts and pays."""

__version__ = "0.1.0"

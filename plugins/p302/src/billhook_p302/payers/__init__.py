"""Whom to send what: the directory of payers (Kostenträgerdatei), imported quarter by quarter, and the routes in it."""

"""Billing of German statutory health insurers after §302 SGB V."""

"""MASS: CSV invoices to LWL, LVR and LWV Hessen, and their payment advice."""

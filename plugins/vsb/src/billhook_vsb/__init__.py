"""Invoices to the Flemish care funds (zorgkassen) and their answers."""

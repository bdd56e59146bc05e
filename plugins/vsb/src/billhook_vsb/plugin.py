"""What `billhook-vsb` registers with Billhook: nothing yet.

It will bill mobility aids and residential care to the Flemish care funds (zorgkassen) of the
Vlaamse Sociale Bescherming.
Until it is built, this module implements no hook and registers no scheme.
"""

"""What `billhook-mass` registers with Billhook: nothing yet.

It will bill integration assistance (Eingliederungshilfe) to the German regional authorities LWL,
LVR and LWV over their MASS interface.
Until it is built, this module implements no hook and registers no scheme.
"""

"""x"""

FORMATS = ()

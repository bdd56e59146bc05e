"""`billhook p302 papers`: which files it prints, where to, and what it says when there are none."""

from __future__ import annotations

"""Tests of Billhook; a folder for each distribution, and here what spans several."""

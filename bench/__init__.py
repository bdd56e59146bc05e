"""Benchmarks: what Billhook costs beside a baseline that runs on the same machine in the same minutes."""

"""Rendering in another process, with another seed of hashes: what depends on the order of a set comes out differently.

python -m billhook.testing.elsewhere < pickled (scheme, context, items) > JSON
"""

from __future__ import annotations

import hashlib
import json
import os
import pickle
import subprocess
import sys
from collections.abc import Sequence

from billhook.model import BillingItem
from billhook.scheme import Context, Scheme
from billhook.testing.memory import batches_of


def rendered(scheme: Scheme, context: Context, items: Sequence[BillingItem]) -> list[list[str]]:
    """Name and SHA-256 of every file that these items make."""
    return [
        [name, hashlib.sha256(content).hexdigest()]
        for batch in batches_of(scheme, context, items)
        for name, (_, content) in batch.render(scheme, context).items()
    ]


def rendered_elsewhere(scheme: Scheme, context: Context, items: Sequence[BillingItem], seed: int) -> list[list[str]]:
    """The same from a process of its own, whose hashes are seeded with `seed`."""
    environment = {**os.environ, "PYTHONHASHSEED": str(seed), "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(  # ourselves
        [sys.executable, "-m", "billhook.testing.elsewhere"],
        input=pickle.dumps((scheme, context, list(items))),
        capture_output=True,
        env=environment,
        check=False,
    )
    if done.returncode:
        message = f"rendering in another process failed: {done.stderr.decode(errors='replace')[-2000:]}"
        raise AssertionError(message)
    found: list[list[str]] = json.loads(done.stdout)
    return found


def main() -> None:
    """Read, render, tell."""
    scheme, context, items = pickle.loads(sys.stdin.buffer.read())  # noqa: S301  # from our own parent
    sys.stdout.write(json.dumps(rendered(scheme, context, items)))


if __name__ == "__main__":
    main()

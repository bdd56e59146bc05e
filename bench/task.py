"""The process that is measured: calls one function and prints what it reports, and its own peak of memory, as JSON."""

import importlib
import json
import resource
import sys
from pathlib import Path


def peak() -> int:
    """The most memory that this process ever held, in bytes.

    Linux counts the memory of whoever started a process as part of its ru_maxrss, so that a large parent would hide
    what the child needs. VmHWM is the child's alone.
    """
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text(encoding="ascii", errors="replace").splitlines():
            name, _, value = line.partition(":")
            if name == "VmHWM":
                return int(value.split()[0]) * 1024
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


def main() -> None:
    """Call `module:function` with the remaining arguments."""
    module, _, function = sys.argv[1].partition(":")
    facts = getattr(importlib.import_module(module), function)(*sys.argv[2:])
    print(json.dumps({"facts": facts, "peak": peak()}))


if __name__ == "__main__":
    main()

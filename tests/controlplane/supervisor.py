"""Run one command and end it when our standard input ends, however our parent died.

Used as a program: `python supervisor.py COMMAND...`. It prints the process id of the command, ends with
the command's exit code, and kills the command once nobody holds the other end of its input any more:
the kernel closes that end for a test process that was killed hard, on every operating system.
"""

from __future__ import annotations

import subprocess
import sys
import threading

__all__ = ["main"]


def main(command: list[str]) -> int:
    """Start the command, report its pid on standard output, and wait for it."""
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=sys.stderr)
    print(child.pid, flush=True)
    threading.Thread(target=_kill_at_end_of_input, args=(child,), daemon=True).start()
    return child.wait()


def _kill_at_end_of_input(child: subprocess.Popen[bytes]) -> None:
    sys.stdin.buffer.read()
    child.kill()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

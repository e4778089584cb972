"""`python -m server.cli`: the command line for child processes, whatever is on the PATH."""

from __future__ import annotations

from server.cli import main

main(prog_name="flux-mirror")

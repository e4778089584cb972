"""`python -m server.cli`: the command line where the console script is not installed, and for child processes."""

from __future__ import annotations

from server.cli import main

main(prog_name="flux-mirror")

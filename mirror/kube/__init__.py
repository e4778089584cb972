"""One API server: how to reach it and what it speaks."""

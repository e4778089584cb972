"""What the objects of a Flux cluster mean: pure functions and tables over decoded JSON, no I/O."""

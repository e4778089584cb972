"""`make bench`: figures of this machine, as ratios in one run. Nothing here asserts a time."""

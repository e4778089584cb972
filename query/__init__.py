"""Answers from one consistent view of the store; never the network, never a write."""

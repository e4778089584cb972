"""The whole way: clusters that serve HTTP, a mirror process, `flux-mirror serve`, an MCP client over stdio.

The same steps run on the fake API server (here) and on real ones (tests/controlplane).
"""

"""The whole way: clusters that serve HTTP, a mirror process, `flux-mirror serve`, an MCP client over stdio.

The same steps run on the fake API server (here) and on real ones (tests/controlplane).
"""

import pytest

# A step that fails shows both sides, as a test does.
pytest.register_assert_rewrite(
    "tests.e2e.cause_steps", "tests.e2e.client", "tests.e2e.copy_steps", "tests.e2e.steps"
)

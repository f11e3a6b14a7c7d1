# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the tests of layouts; what they share otherwise is in layouts.py."""
import pytest
from layouts import BUILD, SEED, Tool


def pytest_report_header():
    return f"BULKHEAD_BUILD={BUILD} BULKHEAD_SEED={SEED}"


@pytest.fixture
def tool(tmp_path):
    return Tool(tmp_path)


@pytest.fixture(scope="session")
def public_key(tmp_path_factory):
    """The text of a public key."""
    tool = Tool(tmp_path_factory.mktemp("keys"))
    tool("key", "new", "--type", "p256", "k.pem")
    return tool("key", "export", "k.pem").stdout


@pytest.fixture
def with_key(tool, public_key):
    """A tool whose folder has the key that the examples name."""
    (tool.folder / "keys").mkdir()
    (tool.folder / "keys" / "release.pub.pem").write_text(public_key)
    return tool

# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the tests of other tools' layouts."""
import pytest
from formats import BUILD, EXAMPLES, PRODUCTS, SEED, Tool


def pytest_report_header():
    return f"BULKHEAD_BUILD={BUILD} BULKHEAD_SEED={SEED}"


@pytest.fixture(scope="session")
def public_key(tmp_path_factory):
    """The text of a public key."""
    tool = Tool(tmp_path_factory.mktemp("keys"))
    tool("key", "new", "--type", "p256", "k.pem")
    return tool("key", "export", "k.pem").stdout


@pytest.fixture
def tool(tmp_path, public_key):
    """A tool whose folder has the examples and the key that they name."""
    tool = Tool(tmp_path)
    tool.write("keys/release.pub.pem", public_key)
    for name in PRODUCTS:
        tool.write(f"{name}.layout.yml", (EXAMPLES / f"{name}.layout.yml").read_text())
    return tool

# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the tests of other tools' layouts."""
import pytest
from formats import BUILD, EXAMPLES, PRODUCTS, SEED, Tool


def pytest_report_header():
    return f"BULKHEAD_BUILD={BUILD} BULKHEAD_SEED={SEED}"


@pytest.fixture
def tool(tmp_path):
    tool = Tool(tmp_path)
    for name in PRODUCTS:
        tool.write(f"{name}.layout.yml", (EXAMPLES / f"{name}.layout.yml").read_text())
    return tool

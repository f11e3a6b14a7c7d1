# SPDX-License-Identifier: Apache-2.0
"""Bulkhead's flash partition tools for Python.

``bulkhead.gen_esp32part``, ``bulkhead.parttool`` and ``bulkhead.otatool`` have the classes, methods
and arguments of ESP-IDF's modules of these names. A script that says ``from parttool import *``
works unchanged if the folder of this package is put on its path instead of ESP-IDF's::

    import sys, bulkhead
    sys.path.insert(0, bulkhead.FOLDER)
    from parttool import *
"""

import os

FOLDER = os.path.dirname(os.path.abspath(__file__))
__version__ = "0.1.0"

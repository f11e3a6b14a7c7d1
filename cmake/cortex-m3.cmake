# SPDX-License-Identifier: Apache-2.0
# The toolchain of Cortex-M3.
set(BULKHEAD_CPU cortex-m3)
include(${CMAKE_CURRENT_LIST_DIR}/cortex-m.cmake)

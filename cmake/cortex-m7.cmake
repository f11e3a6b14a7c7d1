# SPDX-License-Identifier: Apache-2.0
# The toolchain of Cortex-M7.
set(BULKHEAD_CPU cortex-m7)
include(${CMAKE_CURRENT_LIST_DIR}/cortex-m.cmake)

# SPDX-License-Identifier: Apache-2.0
# The toolchain of Cortex-M0+.
set(BULKHEAD_CPU cortex-m0plus)
include(${CMAKE_CURRENT_LIST_DIR}/cortex-m.cmake)

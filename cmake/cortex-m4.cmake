# SPDX-License-Identifier: Apache-2.0
# The toolchain of Cortex-M4.
set(BULKHEAD_CPU cortex-m4)
include(${CMAKE_CURRENT_LIST_DIR}/cortex-m.cmake)

# SPDX-License-Identifier: Apache-2.0
# The toolchain of Cortex-M33.
set(BULKHEAD_CPU cortex-m33)
include(${CMAKE_CURRENT_LIST_DIR}/cortex-m.cmake)

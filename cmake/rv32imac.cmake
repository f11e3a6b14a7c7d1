# SPDX-License-Identifier: Apache-2.0
# The toolchain of RV32IMAC.
set(BULKHEAD_CPU rv32imac)
include(${CMAKE_CURRENT_LIST_DIR}/riscv.cmake)

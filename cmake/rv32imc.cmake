# SPDX-License-Identifier: Apache-2.0
# The toolchain of RV32IMC.
set(BULKHEAD_CPU rv32imc)
include(${CMAKE_CURRENT_LIST_DIR}/riscv.cmake)

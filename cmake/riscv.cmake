# SPDX-License-Identifier: Apache-2.0
# The toolchain of every 32-bit RISC-V; rv32imac.cmake and its like name the processor, BULKHEAD_CPU.
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR ${BULKHEAD_CPU})
set(CMAKE_C_COMPILER riscv64-unknown-elf-gcc)
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
# picolibc for the four functions of <string.h>; newlib is not packaged for this compiler.
set(CMAKE_C_FLAGS_INIT "--specs=picolibc.specs -march=${BULKHEAD_CPU} -mabi=ilp32")
set(CMAKE_ASM_FLAGS_INIT "-march=${BULKHEAD_CPU} -mabi=ilp32")
include(${CMAKE_CURRENT_LIST_DIR}/small.cmake)

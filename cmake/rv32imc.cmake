# SPDX-License-Identifier: Apache-2.0
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR rv32imc)
set(BULKHEAD_CPU rv32imc)
set(CMAKE_C_COMPILER riscv64-unknown-elf-gcc)
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
# picolibc for the four functions of <string.h>; newlib is not packaged for this compiler.
set(CMAKE_C_FLAGS_INIT "--specs=picolibc.specs -march=rv32imc -mabi=ilp32")
set(CMAKE_ASM_FLAGS_INIT "-march=rv32imc -mabi=ilp32")
include(${CMAKE_CURRENT_LIST_DIR}/small.cmake)

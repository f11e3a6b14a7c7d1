# SPDX-License-Identifier: Apache-2.0
# The toolchain of every Cortex-M; cortex-m4.cmake and its like name the processor, BULKHEAD_CPU.
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR cortex)
set(CMAKE_C_COMPILER arm-none-eabi-gcc)
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
set(CMAKE_C_FLAGS_INIT "-mcpu=${BULKHEAD_CPU} -mthumb")
set(CMAKE_ASM_FLAGS_INIT "-mcpu=${BULKHEAD_CPU} -mthumb")
include(${CMAKE_CURRENT_LIST_DIR}/small.cmake)

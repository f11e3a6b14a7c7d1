# SPDX-License-Identifier: Apache-2.0
# bulkhead_flash_check(NAME LAYOUT file PORT name | PORT_DIR folder)
# NAME.elf and NAME.bin: a program in the bootloader's place that tries the port's flash driver on the
# pages that the layout lets a bootloader erase, and says the result on the console: docs/flash-check.md.
function(bulkhead_flash_check name)
  cmake_parse_arguments(C "" "LAYOUT;PORT;PORT_DIR" "" ${ARGN})
  if(NOT C_LAYOUT OR NOT (C_PORT OR C_PORT_DIR) OR C_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "bulkhead_flash_check(${name}): write LAYOUT file, and PORT name or PORT_DIR folder")
  endif()
  set(cpu cortex_m)
  if(BULKHEAD_CPU MATCHES "^rv32")
    set(cpu riscv)
  endif()
  set(check ${BULKHEAD_SOURCE}/check)
  bulkhead_bootloader(${name} ${ARGN} MAIN ${check}/main.c ${check}/check.c ${check}/${cpu}.c)
  target_include_directories(${name} PRIVATE ${check})
  # Two of the largest units, and the few bytes more of check.h.
  target_compile_definitions(${name} PRIVATE CHECK_WORK_LEN=1032)
endfunction()

# SPDX-License-Identifier: Apache-2.0
# Bootloaders and applications of a layout file:
#
#     find_package(bulkhead REQUIRED COMPONENTS firmware)
#     bulkhead_bootloader(lamp-boot LAYOUT lamp.layout.yml PORT stm32f407 KEYS keys/release.pub.pem)
#     bulkhead_application(lamp LAYOUT lamp.layout.yml SLOT app PORT stm32f407 SOURCES main.c
#                          VERSION 1.0.0 KEY keys/release.pem)
#
# The toolchain is one of Bulkhead's (cortex-m4.cmake and others beside this file), or the project's own,
# which sets BULKHEAD_CPU. The layout is read as CMake configures, and again when it changes; if
# anything is wrong with it, the build ends with all that is wrong. docs/firmware.md has the reference.

# Ports of Bulkhead's: folders with port.c and flash.c.
file(GLOB BULKHEAD_PORTS RELATIVE ${BULKHEAD_SOURCE}/ports ${BULKHEAD_SOURCE}/ports/*/port.c)
list(TRANSFORM BULKHEAD_PORTS REPLACE "/port.c$" "")

# Processors: their start-up code and sections in ports/, and what else a bootloader's linker script
# includes. docs/porting.md says how to add one.
set(BULKHEAD_CPUS cortex-m0 cortex-m0plus cortex-m3 cortex-m4 cortex-m7 cortex-m33 rv32imc rv32imac)

# What a layout may choose of a port: files of these names in its folder, or in ports/none.
set(BULKHEAD_PARTS_ALL watchdog clock leave pin supply protect)

find_program(BULKHEAD_TOOL bulkhead HINTS ${BULKHEAD_PREFIX}/bin
  DOC "the program 'bulkhead', which reads layouts and signs")
if(NOT BULKHEAD_TOOL)
  message(FATAL_ERROR "bulkhead: the program 'bulkhead' is not found. Install it, or say where it is: "
    "-D BULKHEAD_TOOL=/path/to/bulkhead")
endif()

# The core, compiled for the target, as target 'bulkhead'; and what several ports share.
if(NOT TARGET bulkhead)
  add_subdirectory(${BULKHEAD_SOURCE} ${CMAKE_BINARY_DIR}/bulkhead-core EXCLUDE_FROM_ALL)
endif()
if(NOT TARGET bulkhead_drivers)
  set(_ports ${BULKHEAD_SOURCE}/ports)
  file(GLOB _drivers CONFIGURE_DEPENDS ${_ports}/nrf/*.c ${_ports}/stm32/*.c)
  add_library(bulkhead_drivers STATIC EXCLUDE_FROM_ALL ${_drivers})
  target_include_directories(bulkhead_drivers PRIVATE ${_ports})
  target_compile_options(bulkhead_drivers PRIVATE -ffreestanding -ffunction-sections -fdata-sections)
  target_link_libraries(bulkhead_drivers PUBLIC bulkhead)
  # What the layouts and ports of this build need of the core; they are read later, and these are
  # asked when all of them were. PAIRS: records have room for as many slot pairs as the layout with
  # most of them has (bulkhead/pair.h). BEFORE, BLANK: a driver has such a function (bulkhead/flash.h).
  # SECOND: a layout demands two signatures (bulkhead/verify.h).
  set_target_properties(bulkhead PROPERTIES BULKHEAD_PAIRS 1 BULKHEAD_BEFORE 0 BULKHEAD_BLANK 0
    BULKHEAD_SECOND 0)
  target_compile_definitions(bulkhead PUBLIC BH_PAIRS=$<TARGET_PROPERTY:bulkhead,BULKHEAD_PAIRS>
    BH_FLASH_BEFORE=$<TARGET_PROPERTY:bulkhead,BULKHEAD_BEFORE>
    BH_FLASH_BLANK=$<TARGET_PROPERTY:bulkhead,BULKHEAD_BLANK>
    BH_SECOND=$<TARGET_PROPERTY:bulkhead,BULKHEAD_SECOND>)
endif()

# Build the layout into a folder; sets BULKHEAD_... of its layout.cmake, and folder, in the caller.
# A tool that was built again may read the layout differently: then it is read again, too.
macro(_bulkhead_layout name layout)
  get_filename_component(_layout ${layout} ABSOLUTE BASE_DIR ${CMAKE_CURRENT_SOURCE_DIR})
  set(folder ${CMAKE_CURRENT_BINARY_DIR}/${name}.layout)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${_layout} ${BULKHEAD_TOOL})
  execute_process(COMMAND ${BULKHEAD_TOOL} layout build ${_layout} -o ${folder} --quiet
    RESULT_VARIABLE _failed ERROR_VARIABLE _said)
  if(_said AND NOT (BULKHEAD_SAMPLES AND NOT _failed)) # the samples' keys are published, that is known
    message("${_said}")
  endif()
  if(_failed)
    message(FATAL_ERROR "${name}: ${_layout} is not a layout that can be built: see above")
  endif()
  include(${folder}/layout.cmake)
  if(EXISTS ${folder}/product.c)
    file(STRINGS ${folder}/product.c _pairs REGEX "[.]n_pairs = ")
    string(REGEX MATCH "[0-9]+" _pairs "${_pairs}")
    get_property(_most TARGET bulkhead PROPERTY BULKHEAD_PAIRS)
    if(_pairs GREATER _most)
      set_property(TARGET bulkhead PROPERTY BULKHEAD_PAIRS ${_pairs})
    endif()
    file(STRINGS ${folder}/product.c _second REGEX "[.]second = ")
    if(_second)
      set_property(TARGET bulkhead PROPERTY BULKHEAD_SECOND 1)
    endif()
  endif()
endmacro()

# Sources and folders of a port and its processor: port_sources, port_folders, sections. what is boot
# or app: without VTOR the bootloader hands exceptions on to the application.
function(_bulkhead_port name port port_dir what)
  if(port AND port_dir)
    message(FATAL_ERROR "${name}: PORT names one of Bulkhead's ports, PORT_DIR your own. Give one of them.")
  endif()
  if(port AND NOT port IN_LIST BULKHEAD_PORTS)
    list(JOIN BULKHEAD_PORTS ", " known)
    message(FATAL_ERROR "${name}: there is no port '${port}'. There are ${known}; "
      "PORT_DIR names a port of your own.")
  endif()
  set(dir ${BULKHEAD_SOURCE}/ports/${port})
  if(port_dir)
    get_filename_component(dir ${port_dir} ABSOLUTE BASE_DIR ${CMAKE_CURRENT_SOURCE_DIR})
  endif()
  file(GLOB sources CONFIGURE_DEPENDS ${dir}/*.c ${dir}/*.S)
  if(NOT sources)
    message(FATAL_ERROR "${name}: there is no C file in ${dir}")
  endif()
  if(NOT BULKHEAD_CPU IN_LIST BULKHEAD_CPUS)
    list(JOIN BULKHEAD_CPUS ", " known)
    message(FATAL_ERROR "${name}: BULKHEAD_CPU is '${BULKHEAD_CPU}'. Use one of Bulkhead's toolchain "
      "files, or set it in yours: ${known}.")
  endif()
  foreach(part ${BULKHEAD_PARTS_ALL})
    list(REMOVE_ITEM sources ${dir}/${part}.c)
    set(chosen ${BULKHEAD_SOURCE}/ports/none/${part}.c)
    if("${what}" STREQUAL "boot" AND part IN_LIST BULKHEAD_PARTS)
      set(chosen ${dir}/${part}.c)
      if(NOT EXISTS ${chosen})
        message(FATAL_ERROR "${name}: the layout chooses '${part}', and the port has no ${chosen}. "
          "Take '${part}' out of the layout, or write that file: docs/porting.md")
      endif()
    endif()
    if("${what}" STREQUAL "boot")
      list(APPEND sources ${chosen})
    endif()
  endforeach()
  if(NOT "${what}" STREQUAL "boot")
    list(FILTER sources EXCLUDE REGEX "/first[.]S$") # what a ROM wants before the bootloader
  endif()
  list(FILTER sources EXCLUDE REGEX "/inputs[.]c$") # of bootloaders where otadata chooses alone
  foreach(source ${sources}) # a driver that this does not find does not compile
    foreach(function BEFORE BLANK)
      string(TOLOWER ${function} field)
      file(STRINGS ${source} found REGEX "[.]${field}[ \t]*=")
      if(found)
        set_property(TARGET bulkhead PROPERTY BULKHEAD_${function} 1)
      endif()
    endforeach()
  endforeach()
  _bulkhead_cpu(${what})
  set(port_sources ${cpu_sources} ${sources} PARENT_SCOPE)
  set(port_folders ${dir} ${BULKHEAD_SOURCE}/ports PARENT_SCOPE)
  set(sections ${cpu} PARENT_SCOPE)
endfunction()

# Of BULKHEAD_CPU: cpu, its folder, and cpu_sources.
macro(_bulkhead_cpu what)
  if(BULKHEAD_CPU MATCHES "^rv32")
    set(cpu ${BULKHEAD_SOURCE}/ports/riscv)
    set(cpu_sources ${cpu}/startup.S ${cpu}/start.c)
  else()
    set(cpu ${BULKHEAD_SOURCE}/ports/cortex-m)
    if(BULKHEAD_CPU STREQUAL "cortex-m33")
      set(cpu_sources ${cpu}/startup.c ${cpu}/vectors.c ${cpu}/guard_v8.c)
    elseif(NOT BULKHEAD_CPU STREQUAL "cortex-m0")
      set(cpu_sources ${cpu}/startup.c ${cpu}/vectors.c ${cpu}/guard_v7.c)
    elseif("${what}" STREQUAL "boot")
      set(cpu_sources ${cpu}/startup.c ${cpu}/forward.c)
      # a plain object: its assembler names what the linker would not see otherwise
      set_source_files_properties(${cpu}/forward.c PROPERTIES COMPILE_OPTIONS "-fno-lto")
    else()
      set(cpu_sources ${cpu}/startup.c ${cpu}/vectors.c)
    endif()
  endif()
endmacro()

# Compile freestanding, link with the layout's memory, make NAME.bin.
function(_bulkhead_program name folder memory more sections)
  set(scripts ${folder}/${memory} ${sections}/sections.ld)
  set(text "INCLUDE ${memory}\nINCLUDE sections.ld\n")
  foreach(script ${more})
    list(APPEND scripts ${sections}/${script})
    string(APPEND text "INCLUDE ${script}\n")
  endforeach()
  file(WRITE ${folder}/link-${name}.ld "${text}")
  target_include_directories(${name} BEFORE PRIVATE ${folder})
  target_compile_options(${name} PRIVATE -ffreestanding -ffunction-sections -fdata-sections)
  target_link_libraries(${name} PRIVATE bulkhead_drivers bulkhead)
  target_link_options(${name} PRIVATE -nostdlib -T ${folder}/link-${name}.ld -L${folder} -L${sections}
    -Wl,--gc-sections -Wl,--fatal-warnings -Wl,--no-warn-rwx-segments)
  target_link_libraries(${name} PRIVATE -lgcc)
  set_target_properties(${name} PROPERTIES SUFFIX .elf
    LINK_DEPENDS "${folder}/link-${name}.ld;${scripts}")
  add_custom_command(TARGET ${name} POST_BUILD
    COMMAND ${CMAKE_OBJCOPY} -O binary $<TARGET_FILE:${name}> ${CMAKE_CURRENT_BINARY_DIR}/${name}.bin
    BYPRODUCTS ${CMAKE_CURRENT_BINARY_DIR}/${name}.bin VERBATIM)
endfunction()

# string.c must not become calls of itself, nor take part in link-time optimisation.
function(_bulkhead_string target)
  configure_file(${BULKHEAD_SOURCE}/ports/lib/string.c ${CMAKE_CURRENT_BINARY_DIR}/string.c COPYONLY)
  target_sources(${target} PRIVATE ${CMAKE_CURRENT_BINARY_DIR}/string.c)
  set_source_files_properties(${CMAKE_CURRENT_BINARY_DIR}/string.c PROPERTIES
    COMPILE_OPTIONS "-fno-tree-loop-distribute-patterns;-fno-tree-scev-cprop;-fno-lto")
endfunction()

# `speed: fast`: files that take the place of those in the archive, which they are linked before. Fast
# P-256 is for multipliers that give 64 bits.
function(_bulkhead_speed target)
  if(NOT BULKHEAD_SPEED STREQUAL "fast")
    return()
  endif()
  set(fast sha256_fast.c sha512_fast.c)
  if(NOT BULKHEAD_CPU MATCHES "^cortex-m0")
    list(APPEND fast p256_fast.c)
  endif()
  list(TRANSFORM fast PREPEND ${BULKHEAD_SOURCE}/src/crypto/)
  target_sources(${target} PRIVATE ${fast})
  set_source_files_properties(${fast} PROPERTIES COMPILE_OPTIONS -O2)
  target_link_libraries(${target} PRIVATE bulkhead_names)
  target_include_directories(${target} SYSTEM PRIVATE ${BULKHEAD_SOURCE}/src/crypto
    $<TARGET_PROPERTY:bulkhead,INCLUDE_DIRECTORIES>)
endfunction()

# `recovery`: one file that joins it with the port, one of the protocol, and the processor's
# port_console_read(). The core works in memory of its own meanwhile: BH_WORK_MIN, or four of the largest
# program units, which is what the work memory is made of where it is longer than it need be.
function(_bulkhead_recovery target)
  if(BULKHEAD_RECOVERY STREQUAL "none")
    target_compile_definitions(${target} PRIVATE BOOT_RECOVERY=0)
    return()
  endif()
  set(units ${BULKHEAD_UNITS_LEN})
  if(units LESS 512)
    set(units 512)
  endif()
  target_sources(${target} PRIVATE ${BULKHEAD_SOURCE}/boot/recovery.c
    ${BULKHEAD_SOURCE}/boot/recovery_${BULKHEAD_RECOVERY}.c ${sections}/console_read.c)
  target_compile_definitions(${target} PRIVATE BOOT_RECOVERY=1 BOOT_RECOVERY_LEN=${units}
    BOOT_RECOVERY_WINDOW_MS=${BULKHEAD_RECOVERY_WINDOW_MS} BOOT_RECOVERY_PIN=${BULKHEAD_RECOVERY_PIN}
    BOOT_RECOVERY_MAGIC=${BULKHEAD_RECOVERY_MAGIC}u)
endfunction()

# bulkhead_bootloader(NAME LAYOUT file PORT name | PORT_DIR folder [KEYS pem...] [WORK_LEN bytes]
#                     [MAIN file...])
# NAME.elf and NAME.bin: the bootloader of the layout. KEYS must be those of the layout, if given: it
# is the layout that says who may sign. WORK_LEN: bytes of RAM lent to the core; without it 1024, or
# what the layout's keys need. MAIN: another program in the bootloader's place, with port_main().
function(bulkhead_bootloader name)
  cmake_parse_arguments(B "" "LAYOUT;PORT;PORT_DIR;WORK_LEN" "KEYS;MAIN" ${ARGN})
  if(NOT B_LAYOUT OR NOT (B_PORT OR B_PORT_DIR) OR B_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "bulkhead_bootloader(${name}): write LAYOUT file, and PORT name or PORT_DIR folder")
  endif()
  _bulkhead_layout(${name} ${B_LAYOUT})
  if(B_KEYS)
    get_filename_component(base ${_layout} DIRECTORY)
    set(theirs)
    foreach(key ${BULKHEAD_KEYS})
      get_filename_component(key ${key} REALPATH BASE_DIR ${base})
      list(APPEND theirs ${key})
    endforeach()
    foreach(key ${B_KEYS})
      get_filename_component(path ${key} REALPATH BASE_DIR ${CMAKE_CURRENT_SOURCE_DIR})
      if(NOT path IN_LIST theirs)
        message(FATAL_ERROR "${name}: key ${key} is not among the keys of ${B_LAYOUT}: ${BULKHEAD_KEYS}. "
          "Add it there: the layout says who may sign.")
      endif()
    endforeach()
  endif()
  if(BULKHEAD_IMAGES_RUN STREQUAL "elsewhere")
    message(FATAL_ERROR "${name}: with plan 'select' a bootloader is made only if it loads the "
      "applications, and ${B_LAYOUT} has no 'load:' in its section 'boot:'")
  endif()
  file(STRINGS ${folder}/product.h internal REGEX "define PRODUCT_INTERNAL ")
  if(NOT internal)
    message(FATAL_ERROR "${name}: the port drives the device that the layout calls 'internal', and "
      "${B_LAYOUT} has none of that name that the bootloader uses")
  endif()
  _bulkhead_port(${name} "${B_PORT}" "${B_PORT_DIR}" boot)
  if(NOT B_WORK_LEN)
    set(B_WORK_LEN ${BULKHEAD_WORK_LEN})
  endif()
  if(NOT B_MAIN AND BULKHEAD_IMAGES_RUN STREQUAL "select")
    list(GET port_folders 0 dir)
    set(inputs ${dir}/inputs.c)
    if(NOT EXISTS ${inputs})
      if(BULKHEAD_ANTI_ROLLBACK)
        message(FATAL_ERROR "${name}: ${B_LAYOUT} says 'anti_rollback: yes', and the port has no "
          "inputs.c that keeps a floor. boot/inputs.h says what is to be in it.")
      endif()
      set(inputs ${BULKHEAD_SOURCE}/boot/no_inputs.c)
    endif()
    set(B_MAIN ${BULKHEAD_SOURCE}/boot/select.c ${inputs})
    list(APPEND port_folders ${BULKHEAD_SOURCE}/boot)
  endif()
  if(NOT B_MAIN)
    set(B_MAIN ${BULKHEAD_SOURCE}/boot/main.c ${BULKHEAD_SOURCE}/boot/${BULKHEAD_IMAGES_RUN}.c)
    if(BULKHEAD_RECOVERY STREQUAL "none")
      list(APPEND B_MAIN ${BULKHEAD_SOURCE}/boot/no_recovery.c)
    endif()
  endif()
  add_executable(${name} ${B_MAIN} ${folder}/product.c ${port_sources})
  if(BULKHEAD_BROWN_OUT_MV) # the driver has a before(), by ports/supply.h
    list(GET port_folders 0 dir)
    file(STRINGS ${dir}/flash.c found REGEX "PORT_BEFORE")
    if(NOT found)
      message(FATAL_ERROR "${name}: the layout chooses 'brown_out', and ${dir}/flash.c does not have "
        "PORT_BEFORE among its functions. ports/supply.h says how.")
    endif()
    set_property(TARGET bulkhead PROPERTY BULKHEAD_BEFORE 1)
    target_compile_definitions(${name} PRIVATE BOOT_BROWN_OUT_MV=${BULKHEAD_BROWN_OUT_MV})
  endif()
  _bulkhead_string(${name})
  _bulkhead_speed(${name})
  _bulkhead_recovery(${name})
  target_compile_definitions(${name} PRIVATE BOOT_RECORD_LEN=${BULKHEAD_RECORD_SIZE})
  if(BULKHEAD_RECORD_SIZE)
    target_sources(${name} PRIVATE ${BULKHEAD_SOURCE}/boot/record.c)
    target_compile_definitions(${name} PRIVATE BOOT_RECORD_ADDRESS=${BULKHEAD_RECORD_ADDRESS}u)
  endif()
  target_include_directories(${name} PRIVATE ${port_folders})
  target_compile_definitions(${name} PRIVATE BOOT_WORK_LEN=${B_WORK_LEN}
    BOOT_ADDRESS=${BULKHEAD_BOOTLOADER_ADDRESS}u BOOT_LEN=${BULKHEAD_BOOTLOADER_SIZE}u
    BOOT_WATCHDOG_MS=${BULKHEAD_WATCHDOG_MS} BOOT_PRODUCT=${BULKHEAD_PRODUCT}_product
    BOOT_WINDOW=${BULKHEAD_PRODUCT}_load_window)
  set(more "")
  if(BULKHEAD_CPU STREQUAL "cortex-m33")
    set(more mpu_v8.ld)
  elseif(BULKHEAD_CPU MATCHES "^cortex-m" AND NOT BULKHEAD_CPU STREQUAL "cortex-m0")
    set(more mpu.ld)
  endif()
  _bulkhead_program(${name} ${folder} boot.ld "${more}" ${sections})
endfunction()

# bulkhead_application(NAME LAYOUT file SLOT slot SOURCES file... [PORT name | PORT_DIR folder]
#                      [VERSION 1.2.3] [KEY private.pem])
# NAME.elf and NAME.bin: linked for the slot. NAME.signed.bin: signed as the layout says, if KEY is
# there. With a port come its start-up code, its console and port_product for bulkhead/app.h.
function(bulkhead_application name)
  cmake_parse_arguments(A "" "LAYOUT;SLOT;PORT;PORT_DIR;VERSION;KEY" "SOURCES" ${ARGN})
  if(NOT A_LAYOUT OR NOT A_SLOT OR NOT A_SOURCES OR A_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "bulkhead_application(${name}): write LAYOUT file, SLOT name and SOURCES file...")
  endif()
  _bulkhead_layout(${name} ${A_LAYOUT})
  if(NOT A_SLOT IN_LIST BULKHEAD_SLOTS)
    list(JOIN BULKHEAD_SLOTS ", " known)
    message(FATAL_ERROR "${name}: ${A_LAYOUT} has no slot '${A_SLOT}'. It has ${known}.")
  endif()
  add_executable(${name} ${A_SOURCES})
  if(A_PORT OR A_PORT_DIR)
    _bulkhead_port(${name} "${A_PORT}" "${A_PORT_DIR}" app)
    target_sources(${name} PRIVATE ${folder}/product.c ${port_sources})
    target_include_directories(${name} PRIVATE ${port_folders})
    _bulkhead_string(${name})
  else()
    _bulkhead_cpu(app)
    set(sections ${cpu})
  endif()
  _bulkhead_program(${name} ${folder} ${A_SLOT}.ld "" ${sections})
  if(NOT A_VERSION)
    set(A_VERSION 0.0.0)
  endif()
  get_filename_component(key "${A_KEY}" ABSOLUTE BASE_DIR ${CMAKE_CURRENT_SOURCE_DIR})
  if(BULKHEAD_SAMPLES)
    # they are signed by who tries them
  elseif(NOT A_KEY)
    message(STATUS "${name} is not signed: no KEY was given")
  elseif(NOT EXISTS ${key})
    message(WARNING "${name} is not signed: there is no ${key}")
  else()
    add_custom_command(TARGET ${name} POST_BUILD
      COMMAND ${BULKHEAD_TOOL} image sign --quiet --layout ${_layout} --slot ${A_SLOT} --key ${key}
        --version ${A_VERSION} --pad-header ${CMAKE_CURRENT_BINARY_DIR}/${name}.bin
        ${CMAKE_CURRENT_BINARY_DIR}/${name}.signed.bin
      BYPRODUCTS ${CMAKE_CURRENT_BINARY_DIR}/${name}.signed.bin VERBATIM)
  endif()
endfunction()

include(${CMAKE_CURRENT_LIST_DIR}/flash_check.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/flash_file.cmake)

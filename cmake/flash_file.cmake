# SPDX-License-Identifier: Apache-2.0
# bulkhead_flash_file(NAME LAYOUT file BOOTLOADER boot.bin IMAGES partition=file...)
# NAME/DEVICE.bin and NAME/DEVICE.hex: all of a device in one file, for its programmer. Each file must
# fit its partition, and an image in a slot must be one that the bootloader would start. Names of files
# are those of the build folder. An IMAGES partition is one of the layout, or a slot pair: its primary.
function(bulkhead_flash_file name)
  cmake_parse_arguments(F "" "LAYOUT;BOOTLOADER" "IMAGES" ${ARGN})
  if(NOT F_LAYOUT OR NOT F_BOOTLOADER OR F_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "bulkhead_flash_file(${name}): write LAYOUT file, BOOTLOADER file and IMAGES partition=file...")
  endif()
  set(folder ${CMAKE_CURRENT_BINARY_DIR}/${name})
  get_filename_component(layout ${F_LAYOUT} ABSOLUTE BASE_DIR ${CMAKE_CURRENT_SOURCE_DIR})
  get_filename_component(bootloader ${F_BOOTLOADER} ABSOLUTE BASE_DIR ${CMAKE_CURRENT_BINARY_DIR})
  set(files ${bootloader})
  set(images)
  foreach(image ${F_IMAGES})
    if(NOT image MATCHES "^([^=]+)=(.+)$")
      message(FATAL_ERROR "bulkhead_flash_file(${name}): '${image}' is not PARTITION=FILE, for instance app=app.signed.bin")
    endif()
    get_filename_component(file ${CMAKE_MATCH_2} ABSOLUTE BASE_DIR ${CMAKE_CURRENT_BINARY_DIR})
    list(APPEND files ${file})
    list(APPEND images --image ${CMAKE_MATCH_1}=${file})
  endforeach()
  set(assemble ${BULKHEAD_TOOL} layout assemble --quiet ${layout} -o ${folder} --bootloader ${bootloader} ${images})
  add_custom_command(OUTPUT ${folder}/done
    COMMAND ${assemble} --format bin
    COMMAND ${assemble} --format hex
    COMMAND ${CMAKE_COMMAND} -E touch ${folder}/done
    DEPENDS ${files} ${layout} VERBATIM COMMENT "Assembling ${name}/")
  add_custom_target(${name} ALL DEPENDS ${folder}/done)
endfunction()

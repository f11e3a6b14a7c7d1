# SPDX-License-Identifier: Apache-2.0
# A build for the Python wheel (pyproject.toml): its programs run wherever there is a C library, so
# they have everything else inside.
option(BULKHEAD_WHEEL "programs that need no other library than libc" OFF)

# bulkhead_in_wheel(TARGET program...): the target under these names in the folder of programs.
function(bulkhead_in_wheel target)
  if(BULKHEAD_WHEEL)
    foreach(name ${ARGN})
      install(PROGRAMS $<TARGET_FILE:${target}> DESTINATION ${SKBUILD_SCRIPTS_DIR} RENAME ${name}
        COMPONENT wheel)
    endforeach()
  endif()
endfunction()

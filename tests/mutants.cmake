# SPDX-License-Identifier: Apache-2.0
# Every planted mistake of tests/explore/mutants.py as a test: one changed source, linked as an object,
# takes the place of the library's; the test that it names must notice. The objects of that test are
# used as they are. Included when all tests are known; not with sanitizers, which add nothing here.
find_package(Python3 REQUIRED COMPONENTS Interpreter)
set(mutants ${CMAKE_CURRENT_SOURCE_DIR}/explore/mutants.py)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${mutants})
execute_process(COMMAND ${Python3_EXECUTABLE} ${mutants} list
  OUTPUT_VARIABLE list OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
string(REPLACE ";" "," list "${list}")
string(REPLACE "\n" ";" list "${list}")
# A handful is also looked for on whole products, and must be found on them scaled down as well.
set(scaled mark-first undo-off-by-one update-one-short wrong-cell copy-drops-tail tail-left no-erase
  next-page-too)
foreach(line ${list})
  if(NOT line MATCHES "^([^|]+)\\|([^|]+)\\|([^|]+)\\|([^|]+)\\|(.+)$")
    message(FATAL_ERROR "tests/explore/mutants.py list: ${line}")
  endif()
  set(name ${CMAKE_MATCH_1})
  set(file ${PROJECT_SOURCE_DIR}/${CMAKE_MATCH_2})
  set(test ${CMAKE_MATCH_3})
  set(soonest ${CMAKE_MATCH_4})
  set(why "${CMAKE_MATCH_5}")
  if(TARGET test_${test})
    set(test test_${test})
  endif()
  set(changed ${CMAKE_CURRENT_BINARY_DIR}/mutants/${name}.c)
  add_custom_command(OUTPUT ${changed}
    COMMAND ${Python3_EXECUTABLE} ${mutants} make ${name} ${changed}
    DEPENDS ${mutants} ${file})
  # Of a mistake one must not be told by the compiler. Private headers are where the source is.
  get_filename_component(room ${file} DIRECTORY)
  set_source_files_properties(${changed} PROPERTIES
    COMPILE_OPTIONS "-w;-ffreestanding;-iquote;${room}")
  add_executable(mutant_${name} ${changed} $<TARGET_OBJECTS:${test}>)
  get_target_property(libraries ${test} LINK_LIBRARIES)
  target_link_libraries(mutant_${name} PRIVATE ${libraries})
  if(test STREQUAL explore_selection)
    add_test(NAME mutant_${name} COMMAND mutant_${name} mutant "${why}" ${soonest})
    if(name IN_LIST scaled)
      add_executable(scaling_${name} ${changed} $<TARGET_OBJECTS:explore_scaling>)
      target_link_libraries(scaling_${name} PRIVATE ${libraries} test_samples)
      add_test(NAME scaling_${name} COMMAND scaling_${name} mutant "${why}")
    endif()
  else()
    add_test(NAME mutant_${name}
      COMMAND ${Python3_EXECUTABLE} ${mutants} caught $<TARGET_FILE:mutant_${name}>)
  endif()
endforeach()
file(MAKE_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR}/mutants)

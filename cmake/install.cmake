# SPDX-License-Identifier: Apache-2.0
# "cmake --install": the library with its headers, for pkg-config and for find_package. The tool and
# its pages are installed by cli/.
include(CMakePackageConfigHelpers)
include(GNUInstallDirs)
# Not below lib/ARCHITECTURE, as Debian's packages have it: a cross compiler's CMake does not look there.
set(package lib/cmake/bulkhead)
set(CMAKE_INSTALL_DEFAULT_COMPONENT_NAME library)

install(TARGETS bulkhead EXPORT bulkhead ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY include/bulkhead DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})

install(EXPORT bulkhead NAMESPACE bulkhead:: FILE bulkhead-targets.cmake DESTINATION ${package})
file(RELATIVE_PATH up /${package} /)
configure_file(cmake/bulkhead-config.cmake bulkhead-config.cmake @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/bulkhead-config.cmake DESTINATION ${package})
write_basic_package_version_file(bulkhead-config-version.cmake COMPATIBILITY SameMinorVersion
  ARCH_INDEPENDENT) # sources for any target; bulkhead-config.cmake looks at the library itself
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/bulkhead-config-version.cmake DESTINATION ${package})

file(RELATIVE_PATH up /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
configure_file(cmake/bulkhead.pc.in bulkhead.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/bulkhead.pc
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

# What the firmware component compiles for a target, as it lies in the source tree: core, bootloader,
# ports, toolchain files, third-party sources. The sample layouts go with the tool, which finds them.
if(NOT BULKHEAD_FIRMWARE)
  set(firmware share/bulkhead/firmware)
  install(FILES CMakeLists.txt DESTINATION ${firmware})
  install(DIRECTORY include src boot check cmake DESTINATION ${firmware})
  install(DIRECTORY ports DESTINATION ${firmware} PATTERN keys EXCLUDE PATTERN CMakeLists.txt EXCLUDE)
  install(PROGRAMS deps/fetch DESTINATION ${firmware}/deps)
  install(FILES deps/lock DESTINATION ${firmware}/deps)
  install(DIRECTORY ${BULKHEAD_DEPS_DIR}/ DESTINATION ${firmware}/build/deps
    PATTERN cjson EXCLUDE
    REGEX "/bearssl/(Doxyfile|Makefile|T0|build|conf|mk|samples|test|tools)$" EXCLUDE)
  install(FILES LICENSE NOTICE DESTINATION ${firmware}) # whoever copies the folder has them
endif()

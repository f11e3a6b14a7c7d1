# SPDX-License-Identifier: Apache-2.0
# "cmake --install": the library with its headers, for pkg-config and for find_package. The tool and
# its pages are installed by cli/.
include(CMakePackageConfigHelpers)
include(GNUInstallDirs)
set(package ${CMAKE_INSTALL_LIBDIR}/cmake/bulkhead)
set(CMAKE_INSTALL_DEFAULT_COMPONENT_NAME library)

install(TARGETS bulkhead EXPORT bulkhead ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY include/bulkhead DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})

install(EXPORT bulkhead NAMESPACE bulkhead:: FILE bulkhead-config.cmake DESTINATION ${package})
write_basic_package_version_file(bulkhead-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/bulkhead-config-version.cmake DESTINATION ${package})

file(RELATIVE_PATH up /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
configure_file(cmake/bulkhead.pc.in bulkhead.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/bulkhead.pc
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

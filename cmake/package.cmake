# SPDX-License-Identifier: Apache-2.0
# "cpack": two Debian packages, as "make deb" makes them. bulkhead has the programs, their man pages and
# completion; libbulkhead-dev has the library for applications and bootloaders.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME bulkhead)
set(CPACK_PACKAGE_VENDOR Bulkhead)
set(CPACK_PACKAGE_CONTACT "The Bulkhead maintainers <maintainers@bulkhead.invalid>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_DESCRIPTION}")
set(CPACK_STRIP_FILES ON)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
# Not imgtool and imgtool.py: Debian's mame-tools has a program of that name.
set(CPACK_COMPONENTS_ALL programs library)
set(CPACK_DEB_COMPONENT_INSTALL ON)

set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PROGRAMS_PACKAGE_NAME bulkhead)
set(CPACK_DEBIAN_PROGRAMS_PACKAGE_SECTION embedded)
# For "bulkhead board" alone, which loads it when it emulates: the packages have no part of it.
set(CPACK_DEBIAN_PROGRAMS_PACKAGE_RECOMMENDS "libunicorn2 | libunicorn2t64")
set(CPACK_COMPONENT_PROGRAMS_DESCRIPTION
  "Partition tables, layouts, signed images and updates of flash devices.
 Takes the place of ESP-IDF's gen_esp32part.py, parttool.py and otatool.py.")
set(CPACK_DEBIAN_LIBRARY_PACKAGE_NAME libbulkhead-dev)
set(CPACK_DEBIAN_LIBRARY_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_LIBRARY_PACKAGE_SHLIBDEPS OFF)
set(CPACK_COMPONENT_LIBRARY_DESCRIPTION
  "A bootloader and flash partitions as a C library, with headers.
 For pkg-config and for CMake's find_package.")
# Their licences, where Debian looks for them.
install(FILES NOTICE DESTINATION share/doc/bulkhead RENAME copyright COMPONENT programs)
install(FILES NOTICE DESTINATION share/doc/libbulkhead-dev RENAME copyright COMPONENT library)
install(FILES LICENSE DESTINATION share/doc/bulkhead COMPONENT programs)

include(CPack)

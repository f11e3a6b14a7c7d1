# SPDX-License-Identifier: Apache-2.0
# bulkhead_openssl: libcrypto, from OpenSSL's archive if a program links with it, otherwise the shared
# library. Loading the shared library doubles the start-up time of the tool, and builds start it
# thousands of times. The archive needs what OpenSSL was built with (Debian 13: zlib and zstd), which
# may not be installed: so it is tried, and not only found.
find_package(PkgConfig REQUIRED)
find_package(OpenSSL 3.0 REQUIRED COMPONENTS Crypto GLOBAL)
add_library(bulkhead_openssl INTERFACE)

get_filename_component(folder "${OPENSSL_CRYPTO_LIBRARY}" DIRECTORY)
find_library(BULKHEAD_OPENSSL_ARCHIVE libcrypto.a HINTS ${folder} NO_DEFAULT_PATH)
if(BULKHEAD_OPENSSL_ARCHIVE)
  pkg_check_modules(BULKHEAD_OPENSSL QUIET libcrypto)
  set(needs ${BULKHEAD_OPENSSL_STATIC_LIBRARIES} ${BULKHEAD_OPENSSL_STATIC_LDFLAGS_OTHER})
  list(REMOVE_ITEM needs crypto)
  set(archive ${BULKHEAD_OPENSSL_ARCHIVE} ${needs})
  # All of it, whichever part a command will call one day.
  file(WRITE ${CMAKE_CURRENT_BINARY_DIR}/links.c "int main(void) { return 0; }\n")
  try_compile(BULKHEAD_OPENSSL_IS_STATIC ${CMAKE_CURRENT_BINARY_DIR}/links
    ${CMAKE_CURRENT_BINARY_DIR}/links.c LINK_LIBRARIES
    -Wl,--whole-archive ${BULKHEAD_OPENSSL_ARCHIVE} -Wl,--no-whole-archive ${needs})
endif()
if(BULKHEAD_OPENSSL_IS_STATIC)
  target_include_directories(bulkhead_openssl SYSTEM INTERFACE ${OPENSSL_INCLUDE_DIR})
  target_link_libraries(bulkhead_openssl INTERFACE ${archive})
else()
  message(STATUS "OpenSSL: the shared library (no archive that links)")
  target_link_libraries(bulkhead_openssl INTERFACE OpenSSL::Crypto)
endif()

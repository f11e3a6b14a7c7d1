# SPDX-License-Identifier: Apache-2.0
# cmake -D FILES=a;b -D OUT=templates.c -P embed.cmake: the texts of 'bulkhead new' as C.
set(text "/* Made by cli/new/embed.cmake. */\n#include \"cli/new/templates.h\"\n\n")
set(table "const struct new_template new_templates[] = {\n")
foreach(file ${FILES})
  get_filename_component(name ${file} NAME)
  string(REGEX REPLACE "[.]in$" "" name ${name})
  string(MAKE_C_IDENTIFIER ${name} id)
  file(READ ${file} bytes HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
  string(APPEND text "static const char ${id}[] = { ${bytes} 0 };\n")
  string(APPEND table "    { \"${name}\", ${id} },\n")
endforeach()
file(WRITE ${OUT} "${text}\n${table}    { 0, 0 },\n};\n")

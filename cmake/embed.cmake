# cmake -DINPUT=file -DOUTPUT=header -DNAME=identifier -P embed.cmake: writes a file's bytes as a C++ array.
file(READ ${INPUT} hex HEX)
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
file(WRITE ${OUTPUT}
     "// Generated from a schema.\n#pragma once\n\nnamespace monopod::wire {\n"
     "alignas(8) inline constexpr unsigned char ${NAME}[] = {${bytes}};\n} // namespace monopod::wire\n")

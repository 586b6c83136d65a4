# Writes OUT: a C++ source with the text of IN as `const std::string_view NAME`. Called with -DIN=… -DNAME=… -DOUT=…,
# and -DHEADER=… where another one declares it than that of the pages.
# As numbers, not as a literal: any text is good, whatever quotes it has.
file(READ ${IN} content HEX)
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "'\\\\x\\1'," bytes "${content}")
if(NOT HEADER)
  set(HEADER backends/report/embedded.h)
endif()
file(WRITE ${OUT} "#include \"${HEADER}\"\n\nnamespace afdc {\nstatic const char kBytes[] = {${bytes}};\n\
extern const std::string_view ${NAME};\nconst std::string_view ${NAME}(kBytes, sizeof kBytes);\n}  // namespace afdc\n")

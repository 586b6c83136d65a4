# A room of the house (docs/contributing.md): a folder with one purpose is one library that links only rooms below it.
# afd_room(NAME [SOURCES more.cpp …] ROOMS what it stands on …): every .cpp of the folder, generated sources besides.
function(afd_room name)
  cmake_parse_arguments(ROOM "" "" "SOURCES;ROOMS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS *.cpp)
  list(FILTER sources EXCLUDE REGEX "/main\\.cpp$")
  add_library(afd_${name} STATIC ${sources} ${ROOM_SOURCES})
  # Where files are compiled several at a time (presets), generated ones stay apart: they change when others do not.
  set_source_files_properties(${ROOM_SOURCES} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
  list(TRANSFORM ROOM_ROOMS PREPEND afd_)
  target_link_libraries(afd_${name} PUBLIC afd_options ${ROOM_ROOMS})
endfunction()

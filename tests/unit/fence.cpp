#include "support/fence.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

using namespace afdc;
namespace fs = std::filesystem;

namespace {

/// A folder of its own that goes away.
struct Folder {
  fs::path path = fs::temp_directory_path() / "afdc-fence";
  Folder() {
    fs::remove_all(path);
    fs::create_directories(path);
  }
  ~Folder() { fs::remove_all(path); }
  std::string operator/(const std::string& name) const { return (path / name).string(); }
};

}  // namespace

TEST_CASE("a fence admits the project of a file, whatever way leads there, and nothing beside it") {
  Folder folder;
  fs::create_directories(folder / "project/.git");
  fs::create_directories(folder / "project/a/b");
  fs::create_directories(folder / "project-two");
  Fence fence;
  CHECK(!fence.admits(folder / "project/x.afd"));
  fence.admitProjectOf(folder / "project/a/b/x.afd");
  for (const auto* inside : {"project/x.afd", "project/a/x.afd", "project/none/yet.afd", "project/a/../x.afd"}) {
    CAPTURE(inside);
    CHECK(fence.admits(folder / inside));
  }
  // A name that begins like the project's is not in it.
  for (const auto* outside : {"x.afd", "project-two/x.afd", "project/../x.afd", "project/a/../../x.afd"}) {
    CAPTURE(outside);
    CHECK(!fence.admits(folder / outside));
  }
  fs::create_directory_symlink(folder / "project-two", folder / "project/link");
  CHECK(!fence.admits(folder / "project/link/x.afd"));
  fence.admit(folder / "project-two");
  CHECK(fence.admits(folder / "project/link/x.afd"));
  CHECK(fence.admitted() ==
        "files are read below `" + (folder / "project") + "` and `" + (folder / "project-two") + "`");
}

TEST_CASE("a file without a project around it admits its own folder") {
  Folder folder;
  fs::create_directories(folder / "alone");
  Fence fence;
  fence.admitProjectOf(folder / "alone/x.afd");
  CHECK(fence.admits(folder / "alone/y.afd"));
  CHECK(!fence.admits(folder / "y.afd"));
}

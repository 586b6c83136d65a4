// How a file is written so that nothing is lost (tests/cli/outputs.py has what commands do with it).
#include "support/output_file.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "support/aside_file.h"
#include "support/files.h"

using namespace afdc;

namespace {

struct Folder {
  std::filesystem::path path = std::filesystem::temp_directory_path() / fmt::format("afdc_unit_{}_files", getpid());
  Folder() { std::filesystem::create_directory(path); }
  ~Folder() { std::filesystem::remove_all(path); }
  std::string operator/(const char* name) const { return (path / name).string(); }
  size_t count() const { return static_cast<size_t>(std::distance(std::filesystem::directory_iterator(path), {})); }
};

}  // namespace

TEST_CASE("a sealed text tells whether somebody changed it") {
  auto text = sealed("// Made by us, today", "edition 1\nlet a = 1\n");
  CHECK(text.ends_with("]\nedition 1\nlet a = 1\n"));
  CHECK(unchanged("// Made by us", text));
  CHECK_FALSE(unchanged("// Made by them", text));
  CHECK_FALSE(unchanged("// Made by us", text + "\n"));
  for (size_t i = 0; i < text.size(); ++i) {
    auto other = text;
    other[i] = other[i] == 'x' ? 'y' : 'x';
    INFO(other);
    // What stands in the heading behind the mark is nobody's.
    bool heading = i >= std::string_view("// Made by us").size() && i < text.find(" [");
    CHECK(unchanged("// Made by us", other) == heading);
  }
  for (const auto* other : {"", "// Made by us", "// Made by us\n", "// Made by us []\n", "edition 1\n"})
    CHECK_FALSE(unchanged("// Made by us", other));
}

TEST_CASE("what lies aside is not there until it is put, and goes when it is not") {
  Folder folder;
  auto path = folder / "x";
  {
    auto aside = AsideFile::withText(path, "new");
    CHECK(aside.error().empty());
    CHECK_FALSE(std::filesystem::exists(path));
    CHECK(folder.count() == 1);
  }
  CHECK(folder.count() == 0);
  auto aside = AsideFile::withText(path, "new", true);
  CHECK(aside.put().empty());
  CHECK(readSource(path).text == "new");
  CHECK((std::filesystem::status(path).permissions() & std::filesystem::perms::owner_exec) !=
        std::filesystem::perms::none);
  auto link = AsideFile::withLink(path, "elsewhere");
  CHECK(readSource(path).text == "new");
  CHECK(link.put().empty());
  CHECK(std::filesystem::read_symlink(path) == "elsewhere");
  CHECK(folder.count() == 1);
  CHECK_FALSE(AsideFile::withText(folder / "nowhere/x", "new").error().empty());
}

TEST_CASE("a pipe is no obstacle, and one that its reader closes early is an error of its own") {
  Folder folder;
  auto path = folder / "pipe";
  REQUIRE(mkfifo(path.c_str(), 0600) == 0);
  CHECK(OutputFile(path, kAnyFile).obstacle().empty());
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  close(ends[0]);
  auto closed = OutputFile(fmt::format("/dev/fd/{}", ends[1]), kAnyFile);
  CHECK(closed.obstacle().empty());
  CHECK(closed.write("x").find("whoever read from it has stopped") != std::string::npos);
  close(ends[1]);
}

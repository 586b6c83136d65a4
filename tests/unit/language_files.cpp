// tests/language/*.afd: each expected diagnostic stands beside the line that causes it:
//   …   //! AFD0101 "text that the message, its notes or fixes must contain"
// `//!+1 ID` means the next line; `ID@lib/file.afd` a place in another file. Nothing else may be reported.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "session/catalogue.h"
#include "session/session.h"

using namespace afdc;
namespace fs = std::filesystem;

namespace {

const fs::path kFolder = fs::path(AFDC_SOURCE_DIR) / "tests/language";

struct Expected {
  uint32_t line = 0;
  std::string id, file, text;
};

std::vector<Expected> expectations(const fs::path& path) {
  std::ifstream in(path);
  std::vector<Expected> out;
  std::string line;
  for (uint32_t number = 1; std::getline(in, line); ++number) {
    size_t at = line.find("//!");
    if (at == std::string::npos) continue;
    Expected e;
    e.line = number;
    std::string rest = line.substr(at + 3);
    if (rest.rfind("+1", 0) == 0) ++e.line, rest = rest.substr(2);
    std::istringstream words(rest);
    words >> e.id;
    if (size_t where = e.id.find('@'); where != std::string::npos)
      e.file = e.id.substr(where + 1), e.id.resize(where), e.line = 0;
    size_t quote = rest.find('"'), end = rest.rfind('"');
    if (quote != std::string::npos && end > quote) e.text = rest.substr(quote + 1, end - quote - 1);
    out.push_back(e);
  }
  return out;
}

std::string wholeText(const Diagnostic& d) {
  std::string all = d.message + "\n" + d.primary.text;
  for (const auto& l : d.labels) all += "\n" + l.text;
  for (const auto& n : d.notes) all += "\n" + n;
  for (const auto& h : d.helps) all += "\n" + h;
  for (const auto& f : d.fixes) all += "\n" + f.text;
  return all;
}

}  // namespace

TEST_CASE("each mistake gives one message, at the mistake, with the way out") {
  std::set<std::string> covered;
  int files = 0;
  for (const auto& entry : fs::directory_iterator(kFolder)) {
    if (entry.path().extension() != ".afd") continue;
    ++files;
    std::string shown = entry.path().filename().string();
    CAPTURE(shown);
    auto expected = expectations(entry.path());
    Session session;
    Module* module = session.loader.loadFile(entry.path().string());
    REQUIRE(module);
    session.check(*module);
    INFO(session.diags.text(false));
    CHECK(session.diags.count() == expected.size());
    for (const auto& e : expected) {
      covered.insert(e.id);
      bool found = false;
      for (const auto& d : session.diags.all()) {
        if (d.entry->id != e.id) continue;
        REQUIRE(d.primary.range.valid());
        const auto& file = session.sources.file(d.primary.range.file);
        bool here = e.file.empty()
                        ? file.name() == entry.path().string() && file.position(d.primary.range.begin).line == e.line
                        : file.name().find(e.file) != std::string::npos;
        if (!here) continue;
        found = true;
        INFO("must contain: ", e.text);
        CHECK(wholeText(d).find(e.text) != std::string::npos);
        // A message names its way out: a fix, a help, a note, or the other place of the conflict.
        bool helps =
            !d.fixes.empty() || !d.helps.empty() || !d.notes.empty() || !d.labels.empty() || !d.entry->good.empty();
        CHECK(helps);
      }
      INFO("expected ", e.id, " on line ", e.line);
      CHECK(found);
    }
  }
  CHECK(files >= 31);
  // Every catalogued message is shown by a file here, or by another named test.
  const std::set<std::string> elsewhere = {"AFD0007", "AFD0014", "AFD0601", "AFD0604", "AFD0605",
                                           "AFD0607", "AFD0609", "AFD0610", "AFD0901"};
  for (const auto& entry : catalogue()) {
    CAPTURE(entry.id);
    CHECK((covered.count(std::string(entry.id)) || elsewhere.count(std::string(entry.id))));
    CHECK(!entry.explanation.empty());
    if (entry.id != "AFD0901") CHECK(!entry.good.empty());
  }
}

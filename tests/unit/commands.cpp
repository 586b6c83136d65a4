// The words around the commands: their help is complete and fits a terminal, and what is said of them agrees.
#include <doctest/doctest.h>

#include <sstream>

#include "driver/commands.h"
#include "driver/help.h"

using namespace afdc;

namespace {

std::vector<Arguments::Described> argumentsOf(const Command& command) {
  Arguments arguments;
  command.bind(arguments);
  return arguments.described();
}

std::string usageOf(const Command& command) {
  std::string all;
  for (auto line : command.usage) all += std::string(line) + "\n";
  return all;
}

}  // namespace

TEST_CASE("usage and examples of each command are of that command, and name what it requires") {
  CHECK(commands().size() >= 17);
  for (const auto& command : commands()) {
    std::string begin = "afdc " + std::string(command.name), usage = usageOf(command);
    CAPTURE(begin);
    CHECK(usage.find(begin) != std::string::npos);
    REQUIRE_FALSE(command.examples.empty());
    for (const auto& example : command.examples) CHECK(example.line.starts_with(begin));
    for (const auto& argument : argumentsOf(command)) {
      CAPTURE(argument.name);
      CHECK_FALSE(argument.what.empty());
      // A word out of a list of one is shown as it is: `afdc import kernels DIR`.
      std::string shown(argument.choices.size() == 1 ? argument.choices[0].name : std::string_view(argument.name));
      if (argument.required) CHECK(usage.find(shown) != std::string::npos);
    }
  }
}

TEST_CASE("help fits 100 columns, but for lines that are to be copied") {
  for (const auto& command : commands()) {
    std::istringstream page(helpOf(command));
    for (std::string line; std::getline(page, line);) {
      bool copied = line.starts_with("  afdc ");
      size_t columns = 0;
      for (char c : line) columns += (static_cast<unsigned char>(c) & 0xC0u) != 0x80u;
      CHECK_MESSAGE((copied || columns <= 100), line);
    }
  }
}

TEST_CASE("values reach the record of the command in every spelling") {
  struct Record {
    std::string file, target = "nothing";
    std::vector<std::string> sets;
    size_t count = 10;
    double rate = 0;
    bool strict = false;
  };
  auto read = [](const std::vector<std::string>& words) {
    Record r;
    Arguments arguments;
    arguments.required("FILE", r.file, "a file");
    arguments.option("-o", "PATH", r.target, "a path");
    arguments.repeatedOption("--set", "PATH=VALUE", r.sets, "a change");
    arguments.option("--count", "N", r.count, "a count");
    arguments.option("--rate", "R", r.rate, "a rate");
    arguments.flag("--strict", r.strict, "strictly");
    arguments.read(words);
    return r;
  };
  for (const auto& words : std::vector<std::vector<std::string>>{
           {"--set", "a=1", "x.afd", "--set=b=[2, 3]", "--rate", "-1.5", "--count=7", "-o", "out", "--strict"},
           {"--strict", "--count", "7", "--rate=-1.5", "-o=out", "--set=a=1", "--set", "b=[2, 3]", "--", "x.afd"}}) {
    auto r = read(words);
    CHECK(r.file == "x.afd");
    CHECK(r.sets == std::vector<std::string>{"a=1", "b=[2, 3]"});
    CHECK(r.rate == -1.5);
    CHECK(r.count == 7);
    CHECK(r.target == "out");
    CHECK(r.strict);
  }
  CHECK(read({"x.afd"}).target == "nothing");
  CHECK(read({"x.afd", "-o="}).target.empty());
  for (const char* word : {"x", "-1", "1.5", "", "99999999999999999999"})
    CHECK_THROWS_AS(read({"x.afd", "--count", word}), WrongUse);
}

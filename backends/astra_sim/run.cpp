#include "backends/astra_sim/run.h"

#include <fmt/format.h>
#include <llvm/Support/FileSystem.h>
#include <llvm/Support/Program.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "support/files.h"
#include "support/json_value.h"
#include "support/text.h"

namespace afdc::emit {

namespace fs = std::filesystem;

namespace {

struct Run {
  std::set<long> finished;
  double cycles = 0;  ///< of the slowest rank; one is a nanosecond
  std::string error;
};

/// "sys[3] finished, 117780 cycles, exposed communication 117780 cycles."
Run readLog(const std::string& text) {
  Run out;
  static constexpr std::string_view kRank = "sys[", kDone = "] finished, ";
  for (size_t at = 0; (at = text.find(kRank, at)) != std::string::npos; at += kRank.size()) {
    char* end = nullptr;
    long rank = std::strtol(text.c_str() + at + kRank.size(), &end, 10);
    auto rest = std::string_view(end);
    if (!rest.starts_with(kDone)) continue;
    out.finished.insert(rank);
    out.cycles = std::max(out.cycles, std::strtod(end + kDone.size(), nullptr));
  }
  return out;
}

Run runStep(const std::string& binary, const fs::path& folder) {
  std::string at = folder.string() + "/";
  std::vector<std::string> words = {binary,
                                    "--workload-configuration=" + at + "trace",
                                    "--system-configuration=" + at + "system.json",
                                    "--network-configuration=" + at + "network.yml",
                                    "--remote-memory-configuration=" + at + "memory.json",
                                    "--logging-folder=" + at + "log"};
  if (fs::exists(folder / "groups.json")) words.push_back("--comm-group-configuration=" + at + "groups.json");
  std::vector<llvm::StringRef> arguments(words.begin(), words.end());
  std::string log = at + "simulator.log", message;
  llvm::Optional<llvm::StringRef> redirects[] = {llvm::StringRef(""), llvm::StringRef(log), llvm::StringRef(log)};
  int code = llvm::sys::ExecuteAndWait(binary, arguments, llvm::None, redirects, 0, 0, &message);
  Run out;
  if (code < 0) {
    out.error = fmt::format("{} does not run: {}", binary, message);
    return out;
  }
  auto text = readSource(log);
  if (!text.error.empty()) out.error = fmt::format("{}: {}", log, text.error);
  return text.error.empty() ? readLog(text.text) : out;
}

}  // namespace

Ran runAstraSim(const std::string& binary, const std::string& directory) {
  std::error_code error;
  std::vector<fs::path> folders;
  for (const auto& entry : fs::directory_iterator(directory, error))
    if (fs::exists(entry.path() / "expected.json")) folders.push_back(fs::absolute(entry.path()));
  std::sort(folders.begin(), folders.end());
  Ran out;
  out.table = fmt::format("{:<20} {:>6} {:>12} {:>12} {:>8}\n", "step", "ranks", "ours", "ASTRA-sim", "ratio");
  for (const auto& folder : folders) {
    auto expected = parseJson(readSource((folder / "expected.json").string()).text).root;
    auto run = runStep(binary, folder);
    double ours = expected["ours_ns"].number(), ranks = expected["ranks"].number();
    auto name = folder.filename().string();
    auto done = static_cast<double>(run.finished.size());
    if (!run.error.empty() || done != ranks) {
      out.problems += run.error.empty() ? fmt::format("afdc emit: step `{}`: {} of {} ranks finished; see {}\n", name,
                                                      done, ranks, (folder / "simulator.log").string())
                                        : fmt::format("afdc emit: {}\n", run.error);
      continue;
    }
    auto time = [](double ns) { return humanize(ns * 1e-9, Dimension::of(Base::Time)); };
    out.table += fmt::format("{:<20} {:>6} {:>12} {:>12} {:>8}\n", name, significant(ranks, 6), time(ours),
                             time(run.cycles), significant(ours / run.cycles, 4));
  }
  return out;
}

}  // namespace afdc::emit

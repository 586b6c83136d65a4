// The subcommands, callable as functions: what they print and the exit code they give are testable without a process.
#pragma once
#include <string>
#include <vector>

namespace afdc {

enum ExitCode { kClean = 0, kFindings = 1, kUsage = 2, kInternal = 3 };

/// What `afdc plan` is asked.
struct PlanOptions {
  std::string model, cluster, workload, slo, runtime, goal;
  double rate = 0, acceptance = 0;
  unsigned devices = 0, concurrency = 0;
  bool print = false;  ///< only the file that says what is searched
};

/// What `afdc emit` is asked.
struct EmitOptions {
  std::string target, to;              ///< name of the target; empty: the file's `emit` blocks. Directory to write to
  std::string run;                     ///< a simulator that the emitted files are given to
  unsigned requests = 1000, seed = 1;  ///< of a synthetic trace
  bool list = false, dryRun = false, force = false, lossy = false;
};

struct Options {
  PlanOptions plan;
  EmitOptions emit;
  std::string file, name, path;
  std::vector<std::string> files, sets;
  bool json = false, strict = false, color = false, write = false, checkOnly = false, listPasses = false,
       summary = false;
  size_t top = 10;              ///< best points of a search that are shown
  size_t verify = 0;            ///< of so many points of a search, one is evaluated whole as well
  std::string bestTo;           ///< where the best point of a search is written as a file
  std::string resume;           ///< where an interrupted search keeps what it has
  size_t threads = 0;           ///< of a search; 0: all cores
  std::string htmlTo;           ///< where a search is shown as a page
  std::string csvTo, sqliteTo;  ///< where its points are listed
  bool markdown = false;
  bool stats = false;  ///< how fast a search went
  bool cases = false;
  bool leaveOut = false;
  std::string after, stdlib;
  std::string kernels;  ///< directory of measured kernel tables
  std::string profile, compareProfile;
};

struct Output {
  int code = kClean;
  std::string out, err;
};

Output runCheck(const Options& options);
Output runEval(const Options& options);
Output runExplore(const Options& options);
Output runPlan(const Options& options);
Output runExplain(const Options& options);
Output runFmt(const Options& options);
Output runIr(const Options& options);
Output runTest(const Options& options);
/// `afdc import kernels DIR -o DIR` (Options::name, file, path).
Output runImport(const Options& options);
/// Files for another tool (Options::emit).
Output runEmit(const Options& options);
/// A load generator's result beside the prediction (Options::path: the result).
Output runCompare(const Options& options);
Output runFidelity(const Options& options);
Output runCalibrate(const Options& options);
Output runOperators(const Options& options);
/// Markdown made from what the compiler knows: `schemas`, `diagnostics` or `operators` (Options::file).
Output runDoc(const Options& options);

}  // namespace afdc

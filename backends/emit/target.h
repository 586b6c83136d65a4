// The mechanism of emission. A target is a folder beside this one with one function that writes files from a scenario,
// and three tables: what it can express, its units, its name and version. Tables are checked before the function runs:
// what cannot be expressed is an error that names the construct, what is lost a warning.
#pragma once
#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <initializer_list>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "backends/emit/deployment.h"
#include "backends/emit/requests.h"
#include "results/results.h"
#include "results/trace.h"
#include "support/document.h"

namespace afdc::emit {

/// What a scenario may say that not every tool understands.
enum class Construct : uint8_t {
  PrefillDecode,
  AttentionFfn,
  TensorParallel,
  PipelineParallel,
  DataParallel,
  ContextParallel,
  ExpertParallel,
  Replicas,
  MixedHardware,
  Moe,
  LatentAttention,
  WindowedAttention,
  StateSpace,
  OtherMixer,
  ReducedWeights,
  ReducedKv,
  MtpDrafts,
  DraftModel,
  Offload,
  PrefixReuse,
  ClosedLoop,
  OpenLoop,
  StaticBatch,
  RecordedTrace,
  Spread,
  Turns,
  Pipeline,
  Promises,
  Count
};
std::string_view wordsOf(Construct construct);

enum class How : uint8_t { Expressed, Lossy, Refused };
/// What a target does with a construct; one that its table leaves out is refused. Of a lossy one, `what` becomes of it;
/// of a refused one, why.
struct Ability {
  Construct construct;
  How how = How::Expressed;
  std::string_view what = "";
};

/// The table of a target that stands beside the deployment and does not run it (a report, rules, a load): it expresses
/// all but these.
constexpr auto allBut(std::initializer_list<Ability> exceptions) {
  std::array<Ability, static_cast<size_t>(Construct::Count)> out{};
  for (size_t i = 0; i < out.size(); ++i) out[i].construct = static_cast<Construct>(i);
  for (const auto& e : exceptions) out[static_cast<size_t>(e.construct)] = e;
  return out;
}

/// One quantity as the target writes it: number = value in base units / scale, with `decimals` places (-1: as many as
/// it takes).
struct Unit {
  std::string_view quantity;  ///< "bandwidth"
  std::string_view spelled;   ///< "GB/s, GB = 2^30 B"
  double scale = 1;
  int decimals = -1;
  double write(double value) const;
  double read(double number) const { return number * scale; }
};

/// A construct in use, and where the scenario says it.
struct Use {
  Construct construct;
  std::string what;  ///< "pp = 2 of engine `main`"
  std::string path;
};
std::vector<Use> usesOf(const DeploymentView& view);

struct File {
  std::string path, text;
  bool executable = false;
  std::string linkTo;                 ///< another file of the emission, whose content this one has
  std::function<std::string()> make;  ///< in place of `text`: made when written, to hold one large file at a time
};

/// Something of the scenario under a name of the target.
struct Mapping {
  std::string file, key, value, from;
};
struct Loss {
  std::string what, path;
};

/// The longest synthetic trace: a tool that replays more replays it in pieces.
inline constexpr size_t kMostRequests = 1'000'000;

class Emission {
 public:
  /// A text file; begins empty. Its lines of provenance (`stamp`) are the target's to place. The text stays where it is
  /// while other files are added.
  std::string& file(std::string path, bool executable = false);
  void streamed(std::string path, std::function<std::string()> make);
  void linked(std::string path, std::string to);
  /// `key` of `file` says what the scenario has at `from`.
  void map(std::string_view file, std::string_view key, std::string value, std::string from);
  /// Something is rounded, redefined or left out.
  void lose(std::string what, std::string path);
  /// This cannot be emitted at all.
  void refuse(std::string what, std::string path);

  std::deque<File> files;  ///< no vector: texts are written while files are added
  std::vector<Mapping> mappings;
  std::vector<Loss> losses, refusals;
};

struct Input {
  const ir::Scenario& scenario;
  DeploymentView view;
  const Results& results;
  /// Steps of the scenario, operator by operator, for targets that replay them; made when asked for.
  std::function<std::vector<StepTrace>()> traces;
  std::string compiler;  ///< its version
  size_t requests = 1000;
  uint64_t seed = 1;
  /// "afdc 0.1.0, scenario chat (0123456789abcdef)", on one line whatever the scenario is called.
  std::string stamp() const;
  /// Requests per second: the load's own rate, or what the prediction says of a closed loop.
  double rate() const;
  /// The load request by request; refused where it takes more than `kMostRequests`.
  std::vector<Request> trace(Emission& out) const;
};

/// A step among those of all engines: "decode", or "prefill_mixed" where several engines have one of that name.
std::string stepName(const DeploymentView& view, const StepTrace& trace);

/// What a tool itself said of an emission.
struct Ran {
  std::string table;     ///< its figures beside ours, for people
  std::string problems;  ///< "" where all went well
};

struct Target {
  std::string_view name, title;
  std::string_view version;  ///< of the format, and the peer that it was read from
  std::span<const Ability> abilities;
  std::span<const Unit> units;
  void (*write)(const Input&, Emission&);
  /// Gives what lies in a directory to the tool's own binary; null where scripts of its own do that.
  Ran (*run)(const std::string& binary, const std::string& directory) = nullptr;
  const Ability* ability(Construct construct) const;
};

/// Checks the scenario against the target's abilities, then lets it write. `tolerant`: what is refused is left out and
/// becomes a loss, unless it is how engines are split.
Emission emitTo(const Target& target, const Input& input, bool tolerant = false);

/// The manifest of an emission: files with the hash of their content, mappings, losses.
std::string manifestOf(const Target& target, const Input& input, const Emission& emission,
                       const std::map<std::string, std::string>& hashes);

/// Is this a path below the folder that it is read in, and not out of it?
bool below(const std::string& path);

struct Written {
  std::vector<std::string> files;
  std::string error;
};
/// Writes an emission and its manifest below `directory`: all files aside, and when all are whole, each to its place.
/// Files that the last emission there left and this one does not have are removed. A file that somebody has changed
/// since, or that no emission wrote, is not touched: nothing is written then, unless forced. What the command `reads`,
/// and what is no file, is not written over at all.
Written writeEmission(const std::string& directory, const Target& target, const Input& input, const Emission& emission,
                      bool force, const std::vector<std::string>& reads);

}  // namespace afdc::emit

// afdc: the command line. Options are declared with LLVM's CommandLine library; the work is in commands.cpp.
#include <llvm/Support/CommandLine.h>
#include <llvm/Support/raw_ostream.h>
#include <llvm/Support/thread.h>
#include <malloc.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <utility>

#include "driver/commands.h"

namespace cl = llvm::cl;
using namespace afdc;

namespace {

// Nesting of the input is bounded (AFD0008), but sanitizer builds use far larger frames than release ones.
constexpr unsigned kStack = 512u << 20;

cl::SubCommand check("check", "parse, resolve and check files; print diagnostics");
cl::SubCommand eval("eval", "evaluate scenarios: latency, throughput, memory, cost, verdicts");
cl::SubCommand explore("explore",
                       "search the design space of `explore` blocks: best points, trade-offs, and why not the others");
cl::SubCommand plan("plan",
                    "which deployment of a model on a cluster keeps a promise? (MODEL CLUSTER WORKLOAD --slo …)");
cl::SubCommand explain("explain", "where a value comes from (FILE PATH), or what a diagnostic means (AFDnnnn)");
cl::SubCommand format("fmt", "format files; prints to the terminal unless -w");
cl::SubCommand irCommand("ir", "print the IR after a pass (--after=PASS, --list-passes)");
cl::SubCommand test("test", "run the test blocks of files, or of `stdlib`");
cl::SubCommand step("step", "time one step operator by operator (--batch=count,new,past)");

cl::SubCommand fidelity("fidelity", "compare predictions with the references of a case file");
cl::SubCommand calibrate("calibrate", "fit a runtime's overheads and a device's corrections to measurements");
cl::SubCommand import("import", "read another tool's data: measured kernel tables into compact files");
cl::SubCommand emit("emit", "write the inputs of a simulator or of a serving system from a scenario");
cl::SubCommand compare("compare", "show what a load generator measured beside the prediction");
cl::SubCommand doc("doc", "print the reference as Markdown: schemas, operators, diagnostics or targets");

cl::OptionCategory category("Options");

cl::list<std::string> checkFiles(cl::Positional, cl::OneOrMore, cl::desc("FILE..."), cl::sub(check), cl::cat(category));
cl::list<std::string> formatFiles(cl::Positional, cl::OneOrMore, cl::desc("FILE..."), cl::sub(format),
                                  cl::cat(category));
cl::list<std::string> testFiles(cl::Positional, cl::OneOrMore, cl::desc("FILE... | stdlib"), cl::sub(test),
                                cl::cat(category));
cl::opt<std::string> evalFile(cl::Positional, cl::Required, cl::desc("FILE"), cl::sub(eval), cl::cat(category));
cl::opt<std::string> evalName(cl::Positional, cl::desc("[SCENARIO]"), cl::sub(eval), cl::cat(category));
cl::opt<std::string> exploreFile(cl::Positional, cl::Required, cl::desc("FILE"), cl::sub(explore), cl::cat(category));
cl::opt<std::string> exploreName(cl::Positional, cl::desc("[EXPLORE]"), cl::sub(explore), cl::cat(category));
cl::opt<std::string> planModel(cl::Positional, cl::Required, cl::desc("MODEL"), cl::sub(plan), cl::cat(category));
cl::opt<std::string> planCluster(cl::Positional, cl::Required, cl::desc("CLUSTER"), cl::sub(plan), cl::cat(category));
cl::opt<std::string> planWorkload(cl::Positional, cl::Required, cl::desc("WORKLOAD"), cl::sub(plan), cl::cat(category));
cl::opt<std::string> planSlo("slo", cl::desc("what is promised: 'ttft<2s,tpot<50ms'"), cl::value_desc("PROMISES"),
                             cl::Required, cl::sub(plan), cl::cat(category));
cl::opt<std::string> planRuntime("runtime", cl::desc("serving engine: SGLang (default), vLLM, TensorRT_LLM, ideal"),
                                 cl::value_desc("NAME"), cl::init("SGLang"), cl::sub(plan), cl::cat(category));
cl::opt<std::string> planGoal("goal", cl::desc("what is best among those that keep the promises"),
                              cl::value_desc("throughput|cost|tpot|ttft"), cl::init("throughput"), cl::sub(plan),
                              cl::cat(category));
cl::opt<unsigned> planDevices("devices", cl::desc("use at most so many devices (all)"), cl::value_desc("N"),
                              cl::init(0), cl::sub(plan), cl::cat(category));
cl::opt<unsigned> planConcurrency("concurrency", cl::desc("requests in the system at once (tries powers of two)"),
                                  cl::value_desc("N"), cl::init(0), cl::sub(plan), cl::cat(category));
cl::opt<double> planRate("rate",
                         cl::desc("requests per second that arrive at random, instead of a fixed number at once"),
                         cl::value_desc("R"), cl::init(0), cl::sub(plan), cl::cat(category));
cl::opt<double> planAcceptance(
    "acceptance", cl::desc("chance that a token drafted by the checkpoint's own module is kept: tries drafts"),
    cl::value_desc("A"), cl::init(0), cl::sub(plan), cl::cat(category));
cl::opt<bool> planPrint("print", cl::desc("print what would be searched as a file for `afdc explore`"), cl::sub(plan),
                        cl::cat(category));
cl::opt<unsigned> top("top", cl::desc("best points to show (10)"), cl::value_desc("N"), cl::init(10), cl::sub(explore),
                      cl::sub(plan), cl::cat(category));
cl::opt<unsigned> verify("verify", cl::desc("evaluate one of N points whole as well; its figures must be the same"),
                         cl::value_desc("N"), cl::init(0), cl::sub(explore), cl::sub(plan), cl::cat(category));
cl::opt<std::string> writeTo("write", cl::desc("write the best point as a scenario of its own"),
                             cl::value_desc("FILE.afd"), cl::sub(explore), cl::sub(plan), cl::cat(category));
cl::opt<std::string> htmlTo("html", cl::desc("write the answer as one page with pictures"), cl::value_desc("FILE.html"),
                            cl::sub(explore), cl::sub(plan), cl::cat(category));
cl::opt<std::string> csvTo("csv", cl::desc("list the best, the trade-offs and what each space offers"),
                           cl::value_desc("FILE.csv"), cl::sub(explore), cl::sub(plan), cl::cat(category));
cl::opt<std::string> sqliteTo("sqlite", cl::desc("the same, the counts and the reasons as a database"),
                              cl::value_desc("FILE.db"), cl::sub(explore), cl::sub(plan), cl::cat(category));
cl::opt<std::string> resume("resume", cl::desc("keep what is done here when interrupted, and go on from it"),
                            cl::value_desc("FILE"), cl::sub(explore), cl::sub(plan), cl::cat(category));
cl::opt<unsigned> threads("threads", cl::desc("threads to use (all cores); the result is the same"),
                          cl::value_desc("N"), cl::init(0), cl::sub(explore), cl::sub(plan), cl::cat(category));
cl::opt<bool> stats("stats", cl::desc("say on stderr how fast the search went"), cl::sub(explore), cl::sub(plan),
                    cl::cat(category));
cl::opt<std::string> irFile(cl::Positional, cl::desc("FILE"), cl::sub(irCommand), cl::cat(category));
cl::opt<std::string> irName(cl::Positional, cl::desc("[SCENARIO]"), cl::sub(irCommand), cl::cat(category));
cl::opt<std::string> stepFile(cl::Positional, cl::Required, cl::desc("FILE"), cl::sub(step), cl::cat(category));
cl::opt<std::string> stepName(cl::Positional, cl::desc("[SCENARIO]"), cl::sub(step), cl::cat(category));
cl::opt<std::string> docSubject(cl::Positional, cl::Required, cl::desc("schemas | operators | diagnostics | targets"),
                                cl::sub(doc), cl::cat(category));
cl::opt<std::string> fidelityKind(cl::Positional, cl::Required,
                                  cl::desc("genz | aiconfigurator | astra_sim | network | measured"), cl::sub(fidelity),
                                  cl::cat(category));
cl::opt<std::string> fidelityFile(cl::Positional, cl::Required, cl::desc("FILE"), cl::sub(fidelity), cl::cat(category));
cl::opt<std::string> kernelsDir("kernels", cl::desc("measured kernel tables: CSV files of aiconfigurator's layout"),
                                cl::value_desc("DIR"), cl::sub(fidelity), cl::sub(eval), cl::cat(category));
cl::opt<std::string> importKind(cl::Positional, cl::Required, cl::desc("kernels"), cl::sub(import), cl::cat(category));
cl::opt<std::string> importDir(cl::Positional, cl::Required, cl::desc("DIR"), cl::sub(import), cl::cat(category));
cl::list<std::string> calibrateFiles(
    cl::Positional, cl::OneOrMore,
    cl::desc("FILE... (CSV with gpu, model, engine, tp, isl, osl, concurrency | batch | requests, "
             "tpot_ms, ttft_ms, e2e_s, output_tok_s; or records as JSON)"),
    cl::sub(calibrate), cl::cat(category));
cl::opt<std::string> outputFile(
    "o", cl::desc("write here: the fitted runtimes (calibrate), the directory of tables (import), of files (emit)"),
    cl::value_desc("PATH"), cl::sub(calibrate), cl::sub(import), cl::sub(emit), cl::cat(category));
cl::opt<bool> leaveOut("leave-one-out",
                       cl::desc("predict also each device's and each model's records by a fit to the others"),
                       cl::sub(calibrate), cl::cat(category));
cl::opt<std::string> emitTarget(cl::Positional, cl::desc("TARGET (or only FILE, for its `emit` blocks)"), cl::sub(emit),
                                cl::cat(category));
cl::opt<std::string> emitFile(cl::Positional, cl::desc("FILE"), cl::sub(emit), cl::cat(category));
cl::opt<std::string> emitName(cl::Positional, cl::desc("[SCENARIO]"), cl::sub(emit), cl::cat(category));
cl::opt<bool> listTargets("list-targets", cl::desc("what can be written, and for which version"), cl::sub(emit),
                          cl::cat(category));
cl::opt<bool> dryRun("dry-run", cl::desc("show the tree of files, write nothing"), cl::sub(emit), cl::cat(category));
cl::opt<bool> force("force", cl::desc("write over files that were changed or are not from here"), cl::sub(emit),
                    cl::cat(category));
cl::opt<bool> lossy("lossy", cl::desc("leave out what the target cannot say, with a warning"), cl::sub(emit),
                    cl::cat(category));
cl::opt<unsigned> emitRequests("requests", cl::desc("length of a synthetic trace (1000)"), cl::value_desc("N"),
                               cl::init(1000), cl::sub(emit), cl::cat(category));
cl::opt<unsigned> emitSeed("seed", cl::desc("of a synthetic trace (1)"), cl::value_desc("N"), cl::init(1),
                           cl::sub(emit), cl::cat(category));
cl::opt<std::string> emitRun("run",
                             cl::desc("give what was written to this simulator and show its figures beside ours"),
                             cl::value_desc("BIN"), cl::sub(emit), cl::cat(category));
cl::opt<std::string> compareResult(cl::Positional, cl::Required, cl::desc("RESULT.json (of vllm bench serve)"),
                                   cl::sub(compare), cl::cat(category));
cl::opt<std::string> compareFile(cl::Positional, cl::Required, cl::desc("FILE"), cl::sub(compare), cl::cat(category));
cl::opt<std::string> compareName(cl::Positional, cl::desc("[SCENARIO]"), cl::sub(compare), cl::cat(category));
cl::opt<std::string> explainSubject(cl::Positional, cl::Required, cl::desc("FILE | AFDnnnn"), cl::sub(explain),
                                    cl::cat(category));
cl::opt<std::string> explainPath(cl::Positional, cl::desc("[PATH]"), cl::sub(explain), cl::cat(category));

enum class Format { Text, Json, Markdown };
cl::opt<Format> formatOption("format", cl::desc("what to print"),
                             cl::values(clEnumValN(Format::Text, "text", "for people (default)"),
                                        clEnumValN(Format::Json, "json", "for scripts; documented in docs/results.md"),
                                        clEnumValN(Format::Markdown, "markdown",
                                                   "explore and plan: for pull requests")),
                             cl::init(Format::Text), cl::sub(check), cl::sub(eval), cl::sub(explore), cl::sub(plan),
                             cl::sub(explain), cl::sub(irCommand), cl::sub(test), cl::sub(format), cl::sub(step),
                             cl::sub(fidelity), cl::sub(emit), cl::sub(compare), cl::cat(category));
cl::list<std::string> sets("set", cl::desc("override a field: --set deployment.main.parallel.tp=4"),
                           cl::value_desc("PATH=VALUE"), cl::sub(eval), cl::sub(explain), cl::sub(irCommand),
                           cl::sub(step), cl::sub(emit), cl::sub(compare), cl::cat(category));
cl::opt<std::string> profile("profile", cl::desc("answer with another tool's arithmetic: genz, aiconfigurator"),
                             cl::value_desc("NAME"), cl::sub(eval), cl::cat(category));
cl::opt<std::string> compareProfile("compare-profile",
                                    cl::desc("show our numbers beside that tool's, and why they differ"),
                                    cl::value_desc("NAME"), cl::sub(eval), cl::cat(category));
cl::opt<bool> cases("cases", cl::desc("every predicted and reference value, as CSV"), cl::sub(fidelity),
                    cl::cat(category));
cl::opt<bool> summary("summary", cl::desc("only a line for each scenario, side by side"), cl::sub(eval),
                      cl::cat(category));
cl::opt<bool> strict("strict", cl::desc("warnings and unknown verdicts count as findings"), cl::sub(check),
                     cl::sub(eval), cl::sub(test), cl::cat(category));
cl::opt<std::string> stdlibDir("stdlib", cl::desc("read the standard library from this directory first"),
                               cl::value_desc("DIR"), cl::sub(check), cl::sub(eval), cl::sub(explore), cl::sub(plan),
                               cl::sub(explain), cl::sub(irCommand), cl::sub(test), cl::sub(step), cl::sub(fidelity),
                               cl::sub(calibrate), cl::sub(emit), cl::sub(compare), cl::cat(category));
cl::opt<std::string> after("after", cl::desc("the pass after which to print"), cl::value_desc("PASS"),
                           cl::init("collectives"), cl::sub(irCommand), cl::cat(category));
cl::opt<bool> listPasses("list-passes", cl::desc("list the passes in order"), cl::sub(irCommand), cl::cat(category));
cl::opt<bool> write("w", cl::desc("write the files in place"), cl::sub(format), cl::cat(category));
cl::opt<bool> checkFormat("check", cl::desc("only say which files are not formatted"), cl::sub(format),
                          cl::cat(category));
cl::opt<std::string> batch("batch", cl::desc("the batch state: groups `count,new,past[,logits]` joined by `;`"),
                           cl::value_desc("STATE"), cl::init("1,1,1024"), cl::sub(step), cl::cat(category));

cl::extrahelp more(R"(
EXAMPLES

  afdc check scenario.afd                         is it right?
  afdc eval scenario.afd                          how fast, how much memory, at what price?
  afdc eval scenario.afd chat --set deployment.main.parallel.tp=4 --format json
  afdc plan DeepSeekV3 8xH200x8 Chat --slo 'ttft<2s,tpot<50ms'
  afdc explain scenario.afd chat.deployment.main.kv_cache.fraction
  afdc explain AFD0301
  afdc test stdlib
  afdc import kernels DIR -o tables               measured kernel times into compact files
  afdc emit vllm scenario.afd chat -o out         start scripts of real engines; --list-targets has all targets
  afdc compare result.json scenario.afd chat      what vllm bench measured beside the prediction
  afdc fidelity measured records.json --cases     every prediction beside its measurement
  afdc calibrate mine.csv -o overlay.afd          fit a runtime to your measurements

EXIT CODES

  0 clean · 1 findings (errors, failed promises) · 2 wrong use · 3 a bug of afdc
)");

Options options() {
  Options o;
  o.json = formatOption == Format::Json;
  o.markdown = formatOption == Format::Markdown;
  o.strict = strict;
  o.summary = summary;
  o.cases = cases;
  o.profile = profile, o.compareProfile = compareProfile, o.kernels = kernelsDir;
  o.color = isatty(STDOUT_FILENO) && isatty(STDERR_FILENO) && !std::getenv("NO_COLOR");
  o.stdlib = stdlibDir;
  o.sets.assign(sets.begin(), sets.end());
  o.write = write;
  o.checkOnly = checkFormat;
  o.after = after;
  o.listPasses = listPasses;
  return o;
}

Output dispatch() {
  Options o = options();
  if (check) {
    o.files.assign(checkFiles.begin(), checkFiles.end());
    return runCheck(o);
  }
  if (eval) {
    o.file = evalFile, o.name = evalName;
    return runEval(o);
  }
  o.top = std::max(1u, top.getValue()), o.stats = stats, o.bestTo = writeTo, o.resume = resume, o.threads = threads,
  o.htmlTo = htmlTo, o.csvTo = csvTo, o.sqliteTo = sqliteTo, o.verify = verify;
  if (explore) {
    o.file = exploreFile, o.name = exploreName;
    return runExplore(o);
  }
  if (plan) {
    o.plan = {planModel, planCluster,    planWorkload, planSlo,         planRuntime, planGoal,
              planRate,  planAcceptance, planDevices,  planConcurrency, planPrint};
    return runPlan(o);
  }
  if (explain) {
    o.file = explainSubject, o.path = explainPath;
    return runExplain(o);
  }
  if (format) {
    o.files.assign(formatFiles.begin(), formatFiles.end());
    return runFmt(o);
  }
  if (irCommand) {
    o.file = irFile, o.name = irName;
    if (o.file.empty() && !o.listPasses) return {kUsage, "", "afdc ir: which file?\n"};
    return runIr(o);
  }
  if (fidelity) {
    o.name = fidelityKind, o.file = fidelityFile, o.kernels = kernelsDir;
    return runFidelity(o);
  }
  if (import) {
    o.name = importKind, o.file = importDir, o.path = outputFile;
    return runImport(o);
  }
  if (calibrate) {
    o.files.assign(calibrateFiles.begin(), calibrateFiles.end());
    o.path = outputFile;
    o.leaveOut = leaveOut;
    return runCalibrate(o);
  }
  if (emit) {
    o.emit = {emitTarget, outputFile, emitRun, emitRequests, emitSeed, listTargets, dryRun, force, lossy};
    o.file = emitFile, o.name = emitName;
    // Without a target, the file comes first.
    if (o.emit.target.ends_with(".afd")) o.name = o.file, o.file = std::exchange(o.emit.target, "");
    return runEmit(o);
  }
  if (compare) {
    o.path = compareResult, o.file = compareFile, o.name = compareName;
    return runCompare(o);
  }
  if (doc) {
    o.file = docSubject;
    return runDoc(o);
  }
  if (step) {
    o.file = stepFile, o.name = stepName, o.path = batch;
    return runOperators(o);
  }
  o.files.assign(testFiles.begin(), testFiles.end());
  return runTest(o);
}

int run() {
  Output out;
  try {
    out = dispatch();
  } catch (const std::exception& e) {
    std::fprintf(stderr, "error[AFD0901]: internal error: %s\nThis is a bug of afdc; please report it with the file.\n",
                 e.what());
    return kInternal;
  }
  std::fwrite(out.err.data(), 1, out.err.size(), stderr);
  if (std::fwrite(out.out.data(), 1, out.out.size(), stdout) != out.out.size() || std::fflush(stdout) != 0)
    return kUsage;
  return out.code;
}

}  // namespace

int main(int argc, char** argv) {
  cl::HideUnrelatedOptions(category);
  cl::SetVersionPrinter([](llvm::raw_ostream& os) { os << "afdc " << AFDC_VERSION << "\n"; });
  std::string problems;
  llvm::raw_string_ostream errors(problems);
  const char* overview = "afdc: check, evaluate and explain large-language-model serving scenarios (.afd)\n";
  if (argc == 1) {
    const char* help[] = {argv[0], "--help"};
    cl::ParseCommandLineOptions(2, help, overview);  // prints and exits
  }
  if (!cl::ParseCommandLineOptions(argc, argv, overview, &errors)) {
    errors.flush();
    std::fputs(problems.c_str(), stderr);
    return kUsage;
  }
  if (!check && !eval && !explore && !plan && !explain && !format && !irCommand && !test && !step && !doc &&
      !fidelity && !calibrate && !import && !emit && !compare) {
    std::fprintf(stderr, "afdc: unknown command `%s`; see afdc --help\n", argv[1]);
    return kUsage;
  }
#ifdef __GLIBC__
  // One arena that grows in large steps: the worker would otherwise get a second one that grows page by page.
  mallopt(M_ARENA_MAX, 1);
  mallopt(M_TOP_PAD, 16 << 20);
#endif
  int code = kInternal;
  llvm::thread worker(llvm::Optional<unsigned>(kStack), [&] { code = run(); });
  worker.join();
  std::_Exit(code);  // everything is written; the parser's caches need no orderly end
}

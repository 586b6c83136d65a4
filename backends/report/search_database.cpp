#include <fmt/format.h>
#include <sqlite3.h>

#include <memory>
#include <stdexcept>

#include "backends/report/search_rows.h"
#include "results/metrics.h"

namespace afdc {

namespace {

/// A database in memory: a file appears only when it is whole.
class Database {
 public:
  Database() { check(sqlite3_open(":memory:", &db_)); }
  ~Database() {
    for (auto* statement : prepared_) sqlite3_finalize(statement);
    sqlite3_close(db_);
  }
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  void run(const std::string& sql) { check(sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, nullptr)); }

  sqlite3_stmt* prepare(const std::string& sql) {
    sqlite3_stmt* out = nullptr;
    check(sqlite3_prepare_v2(db_, sql.c_str(), -1, &out, nullptr));
    return prepared_.emplace_back(out);
  }

  template <class... Values>
  void insert(sqlite3_stmt* into, const Values&... values) {
    int at = 0;
    (bind(into, ++at, values), ...);
    step(into);
  }
  void bind(sqlite3_stmt* s, int at, const std::string& text) {
    check(sqlite3_bind_text(s, at, text.data(), static_cast<int>(text.size()), SQLITE_TRANSIENT));
  }
  void bind(sqlite3_stmt* s, int at, uint64_t n) { check(sqlite3_bind_int64(s, at, static_cast<sqlite3_int64>(n))); }
  void bind(sqlite3_stmt* s, int at, bool truth) { check(sqlite3_bind_int(s, at, truth)); }
  void bind(sqlite3_stmt* s, int at, double x) { check(sqlite3_bind_double(s, at, x)); }
  void bind(sqlite3_stmt* s, int at, Count n) { bind(s, at, static_cast<double>(n)); }
  void bind(sqlite3_stmt* s, int at, const std::optional<double>& x) {
    x ? bind(s, at, *x) : check(sqlite3_bind_null(s, at));
  }
  void step(sqlite3_stmt* s) {
    if (sqlite3_step(s) != SQLITE_DONE) check(SQLITE_ERROR);
    check(sqlite3_reset(s));
    check(sqlite3_clear_bindings(s));
  }

  std::string bytes() {
    sqlite3_int64 size = 0;
    std::unique_ptr<unsigned char, void (*)(void*)> data(sqlite3_serialize(db_, "main", &size, 0), sqlite3_free);
    if (!data) check(SQLITE_NOMEM);
    return {reinterpret_cast<const char*>(data.get()), static_cast<size_t>(size)};
  }

 private:
  void check(int code) {
    if (code != SQLITE_OK) throw std::runtime_error(fmt::format("SQLite: {}", sqlite3_errmsg(db_)));
  }
  sqlite3* db_ = nullptr;
  std::vector<sqlite3_stmt*> prepared_;
};

/// docs/explore.md speaks of every column. The application's number is "afdc" in ASCII.
constexpr const char* kSchema = R"(
PRAGMA user_version = 1;
PRAGMA application_id = 0x61666463;
CREATE TABLE search (search INTEGER PRIMARY KEY, name TEXT, made TEXT, points INTEGER, pruned INTEGER, refused INTEGER,
                     broken INTEGER, undecided INTEGER, kept INTEGER);
CREATE TABLE goal (search INTEGER, position INTEGER, goal TEXT, maximize INTEGER, PRIMARY KEY (search, position));
CREATE TABLE space (search INTEGER, space INTEGER, name TEXT, kept INTEGER, PRIMARY KEY (search, space));
CREATE TABLE reason (search INTEGER, reason TEXT, count INTEGER, first INTEGER, example TEXT, help TEXT,
                     PRIMARY KEY (search, reason));
CREATE TABLE setting (search INTEGER, point INTEGER, path TEXT, value TEXT, PRIMARY KEY (search, point, path));
)";

/// Where a database says which program it belongs to (https://www.sqlite.org/fileformat.html).
constexpr size_t kApplicationAt = 68;

}  // namespace

const FileKind kSearchDatabase = {"a database of a search that afdc wrote", [](std::string_view content) {
                                    return content.starts_with("SQLite format 3") &&
                                           content.find("afdc", kApplicationAt) == kApplicationAt;
                                  }};

std::string searchDatabase(const std::vector<SearchResult>& all, const std::string& made) {
  Database db;
  std::string points =
      "CREATE TABLE point (search INTEGER, point INTEGER, id TEXT, space INTEGER, rank INTEGER, front INTEGER, offer "
      "INTEGER, kept INTEGER, devices REAL";
  std::string places = "?,?,?,?,?,?,?,?,?";
  for (const auto& metric : namedMetrics()) points += fmt::format(", {} REAL", metric.key), places += ",?";
  db.run(kSchema + points + ", PRIMARY KEY (search, point)); BEGIN");
  auto* search = db.prepare("INSERT INTO search VALUES (?,?,?,?,?,?,?,?,?)");
  auto* goal = db.prepare("INSERT INTO goal VALUES (?,?,?,?)");
  auto* space = db.prepare("INSERT INTO space VALUES (?,?,?,?)");
  auto* reason = db.prepare("INSERT INTO reason VALUES (?,?,?,?,?,?)");
  auto* setting = db.prepare("INSERT INTO setting VALUES (?,?,?,?)");
  auto* point = db.prepare(fmt::format("INSERT INTO point VALUES ({})", places));
  for (uint64_t s = 0; s < all.size(); ++s) {
    const auto& r = all[s];
    db.insert(search, s, r.name, made, r.points, r.pruned, r.refused, r.broken, r.undecided, r.kept);
    for (uint64_t i = 0; i < r.goals.size(); ++i) db.insert(goal, s, i, r.goals[i].text, r.goals[i].maximize);
    for (uint64_t i = 0; i < r.spaces.size(); ++i) db.insert(space, s, i, r.spaces[i].name, r.spaces[i].kept);
    for (const auto& [text, why] : r.why) db.insert(reason, s, text, why.count, why.first, why.example, why.help);
    for (const auto& row : searchRows(r)) {
      const auto& p = *row.point;
      int at = 9;
      for (const auto& metric : namedMetrics()) db.bind(point, ++at, metric.get(p.metrics));
      auto rank = row.rank > 0 ? std::optional(static_cast<double>(row.rank)) : std::nullopt;
      db.insert(point, s, p.number, p.id, static_cast<uint64_t>(p.space), rank, row.front, row.offer, row.kept,
                p.devices);
      const auto& axes = r.spaces[p.space].axes;
      for (size_t i = 0; i < axes.size(); ++i) db.insert(setting, s, p.number, axes[i], p.values[i]);
    }
  }
  db.run("COMMIT");
  return db.bytes();
}

}  // namespace afdc

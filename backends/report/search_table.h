// Points of a search as rows of words, for whichever report shows them.
#pragma once
#include <string>
#include <vector>

#include "results/search.h"

namespace afdc {

struct SearchTable {
  struct Row {
    std::vector<std::string> cells;
    std::string words;  ///< the deployment in a line, where the axes would be too many columns
  };
  Row head;
  size_t needed = 0;  ///< so many columns, from the first, say what a point is and how good; the others say more of it
  std::vector<Row> rows;
  std::string note;
};

/// What all points of a table have in common, beside the axes of a few columns: in each row, as a terminal's reader
/// copies one; or once, in the note.
enum class Constants { InRows, Once };

/// At most `most` points; of more, some that are spread over them.
SearchTable tableOf(const SearchResult& r, const std::vector<FoundPoint>& points, size_t most,
                    Constants constants = Constants::InRows);

/// The most throughput per device that each space serves at some speeds of one user's stream, of the points that keep
/// their promises. Empty where there is only one space.
SearchTable byInteractivity(const SearchResult& r);

/// The shortest end of each path that tells it from the others.
std::vector<std::string> shortNames(const std::vector<std::string>& paths);
/// "2048 req" of "Closed { concurrency = 2048 req }": a table has little room.
std::string shortValue(const std::string& value);
std::string countText(uint64_t n);
/// "45 points: 10 keep their promises, …"
std::string countsText(const SearchResult& r);
/// "prefill 4 x tp 8, ep 8; decode 2 x dp 32, ep 32; arrivals 2048 req"
std::string deploymentText(const SearchResult& r, const FoundPoint& p);
/// "most throughput_per_gpu, then least mean(tpot)"
std::string goalsText(const SearchResult& r);
/// The same with "Best: " before it, or "First" where there are no goals.
std::string orderText(const SearchResult& r);
std::vector<std::pair<std::string, const SearchReason*>> reasonsByCount(const SearchResult& r);
/// Where no point keeps its promises: what the nearest one misses, and what would help.
std::vector<std::string> adviceOf(const SearchResult& r);
/// "decode 4 x tp 8" with the axes' short names, of a point that is only known by its values.
std::string valuesText(const SearchResult& r, size_t space, const std::vector<std::string>& values);

}  // namespace afdc

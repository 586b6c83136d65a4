// What a search has found so far, as text: an interrupted one goes on from it and ends with the same bytes.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace afdc {

/// Words and numbers, line by line. Doubles are written exactly.
class CheckpointWriter {
 public:
  void word(std::string_view text);  ///< any text; spaces and line ends are escaped
  void number(uint64_t n);
  void real(double x);
  void ids(const std::vector<uint32_t>& list);
  void reals(const std::vector<double>& list);
  void line() { out_ += '\n'; }
  std::string take() { return std::move(out_); }

 private:
  std::string out_;
};

/// Reads what the writer wrote. After anything else, `ok()` is false and values are empty.
class CheckpointReader {
 public:
  explicit CheckpointReader(std::string_view text) : left_(text) {}
  std::string word();
  uint64_t number();
  double real();
  std::vector<uint32_t> ids();
  std::vector<double> reals();
  bool ok() const { return ok_; }
  bool done() const { return left_.find_first_not_of(" \n") == std::string_view::npos; }

 private:
  std::string_view left_;
  bool ok_ = true;
};

}  // namespace afdc

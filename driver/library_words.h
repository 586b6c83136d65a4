// What a person asks for on a command line by names of the standard library, as text of the language with its imports.
#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "frontend/library.h"

namespace afdc {

/// What cannot be understood, for the person who typed it.
struct Misunderstood {
  std::string text;
};

class LibraryWords {
 public:
  explicit LibraryWords(const Library& library) : library_(library) {}

  /// The name of the one that is meant, imported. `what` is what it is called where there is none: "model". Throws
  /// Misunderstood.
  std::string named(std::string_view kind, std::string_view asked, std::string_view what);
  /// A cluster of the library, or nodes of it: `H200_16`, `H200x8`, `8xH200x8`. Throws Misunderstood.
  std::string cluster(std::string_view asked);

  void import(std::string module, std::string name) { imports_.emplace_back(std::move(module), std::move(name)); }
  /// Lines that import whatever was named, in order.
  std::string imports();

 private:
  const Library& library_;
  std::vector<std::pair<std::string, std::string>> imports_;  ///< module and name
};

}  // namespace afdc

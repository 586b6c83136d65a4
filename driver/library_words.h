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
  struct Cluster {
    std::string text;                ///< an expression
    std::vector<std::string> pools;  ///< their names; of a cluster of the library none
  };
  /// A cluster of the library, or nodes of one or several kinds: `H200_16`, `H200x8`, `8xH200x8`, `1xH100x8+1xH200x8`.
  /// Throws Misunderstood.
  Cluster cluster(std::string_view asked);

  void import(std::string module, std::string name) { imports_.emplace_back(std::move(module), std::move(name)); }
  /// Lines that import whatever was named, in order.
  std::string imports();

 private:
  /// `8xH200x8`: how many of which node.
  std::string pool(std::string_view name, std::string_view asked);

  const Library& library_;
  std::vector<std::pair<std::string, std::string>> imports_;  ///< module and name
};

}  // namespace afdc

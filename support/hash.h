// SHA-256 as the name of a content: a scenario, the standard library, a written file. Contents of one name are the same
// content, whoever made them; nobody can make another content of a given name.
#pragma once
#include <llvm/Support/SHA256.h>

#include <string>
#include <string_view>

namespace afdc {

/// The hash of bytes that come piece by piece; how they are cut does not matter.
class Sha256 {
 public:
  Sha256& add(std::string_view bytes);
  /// 64 hex digits in lower case.
  std::string hex();

 private:
  llvm::SHA256 hash_;
};

std::string sha256(std::string_view bytes);

/// The first 16 digits, where people read a hash.
std::string shortHash(std::string_view hex);

}  // namespace afdc

#include "support/hash.h"

#include <llvm/ADT/StringExtras.h>

namespace afdc {

Sha256& Sha256::add(std::string_view bytes) {
  hash_.update(llvm::StringRef(bytes.data(), bytes.size()));
  return *this;
}

std::string Sha256::hex() { return llvm::toHex(hash_.final(), /*LowerCase=*/true); }

std::string sha256(std::string_view bytes) { return Sha256().add(bytes).hex(); }

std::string shortHash(std::string_view hex) { return std::string(hex.substr(0, 16)); }

}  // namespace afdc

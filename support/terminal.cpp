#include "support/terminal.h"

#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Unicode.h>

#include <algorithm>

namespace afdc {

size_t columnWidth(std::string_view text) {
  int cells = llvm::sys::unicode::columnWidthUTF8({text.data(), text.size()});
  if (cells >= 0) return static_cast<size_t>(cells);
  auto leads = [](char c) { return (static_cast<unsigned char>(c) & 0xC0u) != 0x80u; };
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), leads));
}

}  // namespace afdc

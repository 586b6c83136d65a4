// What people choose from in the standard library, with the figures by which they choose: for `afdc list` and `afdc
// show`.
#pragma once
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "session/session.h"
#include "support/document.h"

namespace afdc {

/// What a figure says of one thing; without text where the thing has none.
struct LibraryFigure {
  std::string text;             ///< "79.18 GiB"
  std::optional<double> value;  ///< of a number: in base units
  std::string unit;             ///< the base unit; empty of a bare number
};

Document documentOf(const LibraryFigure& figure);

/// A figure that all things of a kind have.
struct FigureOfKind {
  std::string_view name;  ///< "KV per token"
  std::string_view key;   ///< in JSON
  std::function<LibraryFigure(const ir::Scenario&)> read;
  bool decides = true;  ///< it is what people choose by; others are only shown with the thing itself
};

/// A kind of things that people choose from.
struct LibraryKind {
  std::string_view plural;  ///< "models"
  std::string_view word;    ///< which declares one: "model"
  std::vector<FigureOfKind> figures;
};

const std::vector<LibraryKind>& libraryKinds();
/// By the word that declares one; null for what nobody chooses from, such as a test.
const LibraryKind* libraryKind(std::string_view word);

/// A block of the library, resolved. Nullopt: it cannot be, and messages say why; or the library has no such block.
std::optional<ir::Scenario> resolved(Session& session, const LibraryEntry& entry);

}  // namespace afdc

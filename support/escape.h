// How a text is said in each format that is written, so that it stays a text there: one function a format, which every
// writer uses. Names and texts of a scenario may hold anything: quotes, line ends, what a shell or a browser would run,
// what a terminal obeys. JSON strings are `jsonString` (support/json.h), YAML is `Document` (support/document.h).
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace afdc {

/// `text` with each character that is obeyed and not seen as `spell` writes it: controls, line ends of Unicode, marks
/// that turn the direction of writing, and bytes that are no UTF-8.
std::string withControlsSpelled(std::string_view text, const std::function<std::string(uint32_t)>& spell);

/// For messages, reports, and comments of one line (`#`, `//`): controls as `\n`, `\t` or `\x1b`, others as `\u2028`.
std::string onOneLine(std::string_view text);

/// The same for text of several lines: line ends and tabs stay.
std::string printable(std::string_view text);

/// One word of a POSIX shell, quoted where it has to be.
std::string shellWord(std::string_view text);

/// Lines of a shell script that write `text` to the file `name`.
std::string hereDocument(std::string_view name, std::string_view text);

/// Between tags. Controls are spelled out as on a terminal.
std::string htmlText(std::string_view text);

/// Inside of a quoted attribute, to the character.
std::string htmlAttribute(std::string_view text);

/// JSON inside of a script element: nothing in it is a tag or a comment of HTML.
std::string jsonInScript(std::string json);

/// In a line, a heading or a cell of Markdown (GitHub's), where it is read as written.
std::string markdownText(std::string_view text);

/// A cell of CSV (RFC 4180), to the character. For files that programs read.
std::string csvCell(std::string_view text);

/// A cell of CSV that people open in a spreadsheet: a text that it would take for a formula begins with an apostrophe.
std::string spreadsheetCell(std::string_view text);

/// A text of the language, with its quotes.
std::string afdText(std::string_view text);

/// The name of one file: no folders, nothing hidden, nothing that a command would take for an option. A name that had
/// to be changed ends in a hash of the text, so that two texts have two names.
std::string fileName(std::string_view text);

}  // namespace afdc

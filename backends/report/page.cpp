#include "backends/report/page.h"

#include <array>

#include "backends/report/embedded.h"
#include "support/escape.h"

namespace afdc {

std::string pageOf(const Page& page) {
  std::string title = htmlText(page.title), footer = htmlText(page.footer), data = jsonInScript(page.data);
  struct Mark {
    std::string_view mark, text;
  };
  const std::array<Mark, 8> marks = {{{"@TITLE@", title},
                                      {"@STYLE@", kPageStyle},
                                      {"@SUMMARY@", page.summary},
                                      {"@TABLES@", page.tables},
                                      {"@FOOTER@", footer},
                                      {"@DATA@", data},
                                      {"@CHART@", kChartLibrary},
                                      {"@PICTURES@", kPictures}}};
  // One way through the template: what was put in is not looked at again.
  std::string out;
  for (size_t at = 0; at < page.form.size();) {
    const Mark* found = nullptr;
    for (const auto& m : marks)
      if (page.form.substr(at).starts_with(m.mark)) found = &m;
    if (found) {
      out += found->text;
      at += found->mark.size();
    } else {
      out += page.form[at++];
    }
  }
  return out;
}

}  // namespace afdc

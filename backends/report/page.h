// What pages of results and of searches are made of.
#pragma once
#include <string>
#include <string_view>

namespace afdc {

/// A page out of its template: what stands at each mark, and the pieces that all pages have.
struct Page {
  std::string_view form;  ///< the template
  std::string title, summary, tables, footer, data;
};
std::string pageOf(const Page& page);

}  // namespace afdc

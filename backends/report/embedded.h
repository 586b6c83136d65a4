// Texts that are built in.
#pragma once
#include <string_view>

namespace afdc {

extern const std::string_view kExplorePage;     ///< backends/report/explore.html
extern const std::string_view kEvaluationPage;  ///< backends/report/evaluation.html
extern const std::string_view kPageStyle;       ///< backends/report/page.css
extern const std::string_view kPictures;        ///< backends/report/pictures.js
extern const std::string_view kChartLibrary;    ///< Chart.js, as Debian has it

}  // namespace afdc

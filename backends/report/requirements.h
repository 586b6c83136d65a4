// What a platform needs, as a table for people and as JSON for scripts.
#pragma once
#include <string>
#include <vector>

#include "results/requirements.h"
#include "support/terminal.h"

namespace afdc {

std::string requirementsReport(const std::vector<RequirementTable>& all, const Screen& screen);
std::string requirementsMarkdown(const std::vector<RequirementTable>& all);
std::string requirementsJson(const std::vector<RequirementTable>& all);

}  // namespace afdc

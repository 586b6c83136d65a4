// What a fit found, as text: an .afd module that overrides the library's figures.
#include <fmt/format.h>

#include "fidelity/calibrate.h"
#include "support/text.h"

namespace afdc {

namespace {

std::string figure(const FitParameter& p, double v) { return significant(v / p.unit, 3) + p.suffix; }

/// A path's last name, and the block that it lies in: "host" of "host.fixed", "" of "front_fixed".
std::string_view fieldOf(std::string_view path) { return path.substr(path.find('.') + 1); }
std::string_view blockOf(std::string_view path) {
  size_t dot = path.find('.');
  return dot == std::string_view::npos ? "" : path.substr(0, dot);
}

/// The fields of one runtime. Those of one block follow each other in the table.
std::string runtimeText(const Figures& values) {
  std::string out;
  std::string_view open;  // the block that is not closed yet
  for (size_t i = 0; i < values.size(); ++i) {
    const auto& p = kRuntimeParameters[i];
    auto block = blockOf(p.path);
    if (block != open) {
      if (!open.empty()) out += " }\n";
      if (!block.empty()) out += fmt::format("  {} {{ ", block);
    } else if (!block.empty()) {
      out += ", ";
    }
    open = block;
    out += fmt::format("{}{} = {}{}", block.empty() ? "  " : "", fieldOf(p.path), figure(p, values[i]),
                       block.empty() ? "\n" : "");
  }
  return out + (open.empty() ? "" : " }\n");
}

/// The corrections of one device that are not at their priors: "start = 80 pct, memory = 90 pct".
std::string deviceText(const Figures& values) {
  std::string out;
  for (size_t i = 0; i < values.size(); ++i) {
    const auto& p = kDeviceParameters[i];
    if (values[i] == p.prior) continue;
    out += fmt::format("{}{} = {}", out.empty() ? "" : ", ", fieldOf(p.path), figure(p, values[i]));
  }
  return out;
}

}  // namespace

std::string medianText(const FitReport& report, const std::string& metric) {
  auto percent = [](double v) { return significant(100 * v, 3) + " %"; };
  auto out = "median error " + percent(report.medians.at(metric)) + " over groups";
  if (auto d = report.withoutDevice.find(metric), m = report.withoutModel.find(metric);
      d != report.withoutDevice.end() && m != report.withoutModel.end())
    out += fmt::format("; {} with its device left out of the fit, {} with its model", percent(d->second),
                       percent(m->second));
  return out;
}

std::string overlay(const FitReport& report, const std::string& sources) {
  std::string out =
      "edition 1\n// Fitted by `afdc calibrate` on " + sources + fmt::format(": {} records.\n", report.records);
  for (const auto& [metric, median] : report.medians)
    out += fmt::format("// {}: {}.\n", metric, medianText(report, metric));
  std::string names;
  for (const auto& [name, values] : report.fit.runtimes) names += (names.empty() ? "" : ", ") + name;
  out += fmt::format("import std.runtimes {{ {} }}\n", names);
  for (const auto& [name, values] : report.fit.runtimes)
    out += fmt::format("\n// {} records.\nruntime {}_fitted extends {} {{\n{}}}\n", report.perRuntime.at(name), name,
                       name, runtimeText(values));
  for (const auto& [name, values] : report.fit.devices) {
    const auto& products = report.products.at(name);
    auto figures = deviceText(values);
    if (figures.empty()) continue;
    out += fmt::format("\n// {} records of {}: put this into {}.\n//   measured {{ {} }}\n", report.perDevice.at(name),
                       joinWords({products.begin(), products.end()}), products.size() > 1 ? "each `gpu`" : "its `gpu`",
                       figures);
  }
  return out;
}

}  // namespace afdc

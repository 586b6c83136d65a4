// afdc init: a file to begin with.
#pragma once
#include <string_view>

#include "driver/command.h"

namespace afdc {

/// driver/start.afd.in: text of the language in which `@model NAME@` stands for the model that is asked for, or else
/// the one called NAME; `@gpus …@`, `@runtime …@` and `@workload …@` likewise. `@imports@`, `@tp@` and `@replicas@`
/// follow from them.
extern const std::string_view kStartingFile;

struct InitOptions {
  std::string stdlib = {};
  std::string file = "scenario.afd";
  std::string model = {}, gpus = {};  ///< empty: those that the text names
};

Output runInit(const InitOptions& o);
Command initCommand();

}  // namespace afdc

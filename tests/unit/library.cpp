#include "frontend/library.h"

#include <doctest/doctest.h>

#include "frontend/modules.h"
#include "frontend/syntax/parse.h"

using namespace afdc;

TEST_CASE("the library knows what its modules declare") {
  SourceManager sources;
  Diagnostics diags(sources);
  ModuleLoader loader(diags, "");
  const afdc::Library& library = loader.library();
  auto* model = library.find("Llama31_8B");
  REQUIRE(model);
  CHECK(model->module == "std.models.llama");
  CHECK(model->kind == "model");
  CHECK(library.find("Aggregated")->kind == "schema");
  CHECK(library.find("poisson")->module == "std.workload");
  CHECK(library.find("gemm") == nullptr);
  CHECK(library.ofKind("model").size() > 50);
  for (const auto& entry : library.entries()) {
    Module* module = loader.loadStandard(entry.module);
    REQUIRE(module);
    CAPTURE(entry.name);
    CHECK(module->decls.count(entry.name) == 1);
  }
}

TEST_CASE("declarations found by their first words are those that parsing finds") {
  for (const auto& file : embeddedStdlib()) {
    CAPTURE(file.path);
    SourceManager sources;
    Diagnostics diags(sources);
    auto whole = parseModule(sources.add(std::string(file.path), std::string(file.text)), diags);
    auto late = parseLate(sources.add(std::string(file.path), std::string(file.text)), diags);
    REQUIRE(late->decls.size() == whole->decls.size());
    CHECK(late->imports.size() == whole->imports.size());
    CHECK(late->hasEdition == whole->hasEdition);
    for (size_t i = 0; i < whole->decls.size(); ++i) {
      const auto &a = whole->decls[i], &b = late->decls[i];
      CAPTURE(a.name.text);
      CHECK(a.kind == b.kind);
      CHECK(a.name.text == b.name.text);
      CHECK(a.kindName.text == b.kindName.text);
      CHECK(a.doc == b.doc);
      CHECK(sources.text(a.range) == sources.text(b.range));
      CHECK(sources.text(a.name.range) == sources.text(b.name.range));
      CHECK(a.body().items.size() == b.body().items.size());
      CHECK((a.body().value == nullptr) == (b.body().value == nullptr));
      CHECK((a.body().block == nullptr) == (b.body().block == nullptr));
    }
    CHECK(diags.errors() == 0);
  }
}

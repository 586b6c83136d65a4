#include "frontend/modules.h"

#include <llvm/ADT/SmallString.h>
#include <llvm/Support/FileSystem.h>
#include <llvm/Support/Path.h>

#include <algorithm>
#include <set>

#include "frontend/diagnostics.h"
#include "frontend/syntax/diagnostics.h"
#include "frontend/syntax/parse.h"
#include "support/files.h"
#include "support/hash.h"
#include "support/text.h"

namespace afdc {

namespace {

constexpr std::string_view kEnding = ".afd";

/// "std.hw.nvidia" as "std/hw/nvidia.afd", and back.
std::string standardPath(std::string_view dotted) {
  std::string path(dotted);
  std::replace(path.begin(), path.end(), '.', '/');
  return path + std::string(kEnding);
}
std::string dottedName(std::string_view path) {
  std::string name(path.substr(0, path.size() - kEnding.size()));
  std::replace(name.begin(), name.end(), '/', '.');
  return name;
}

std::vector<std::string> exportedNames(const Module& module) {
  std::vector<std::string> names;
  for (const auto& decl : module.ast->decls)
    if (!decl.name.text.starts_with('_')) names.emplace_back(decl.name.text);
  return names;
}

std::string normalized(const std::string& path) {
  llvm::SmallString<256> out(path);
  llvm::sys::path::remove_dots(out, true);
  return std::string(out);
}

}  // namespace

const ast::Decl* findExported(const Module& module, std::string_view shown, const ast::Name& name, Diagnostics& diags) {
  auto found = module.decls.find(name.text);
  bool hidden = name.text.starts_with('_');
  if (found != module.decls.end() && !hidden) return found->second;
  if (module.failed) return nullptr;  // it may have been lost
  auto& d = diags.report<diag::not_exported>(name.range, shown, name.text);
  if (hidden) d.note("names that begin with `_` are private to their module");
  if (diags.crowded(name.range.file)) return nullptr;
  auto names = exportedNames(module);
  if (auto meant = suggest(name.text, names))
    d.fix(name.range, *meant);
  else if (!names.empty() && names.size() <= 16)
    d.help("it declares " + joinWords(names));
  return nullptr;
}

std::string stdlibHash() {
  Sha256 hash;
  for (const auto& file : embeddedStdlib()) hash.add(file.path).add("\n").add(file.text);
  return hash.hex();
}

std::vector<std::string> ModuleLoader::standardModules() const {
  std::set<std::string> names;
  for (const auto& file : embeddedStdlib()) names.insert(dottedName(file.path));
  std::error_code error;
  for (llvm::sys::fs::recursive_directory_iterator at(stdlibDir_, error), end;
       !stdlibDir_.empty() && !error && at != end; at.increment(error)) {
    std::string_view path = std::string_view(at->path()).substr(stdlibDir_.size());
    path.remove_prefix(std::min(path.find_first_not_of('/'), path.size()));
    if (path.starts_with("std/") && path.ends_with(kEnding)) names.insert(dottedName(path));
  }
  return {names.begin(), names.end()};
}

std::optional<ModuleLoader::StandardText> ModuleLoader::standardText(std::string_view dotted) const {
  std::string path = standardPath(dotted);
  if (auto found = replaced_.find(path); found != replaced_.end())
    return StandardText{path, found->second, Origin::Directory};
  if (!stdlibDir_.empty()) {
    std::string inDirectory = stdlibDir_ + "/" + path;
    auto source = readSource(inDirectory);
    if (source.error.empty()) return StandardText{inDirectory, std::move(source.text), Origin::Directory};
  }
  const auto& files = embeddedStdlib();
  auto found = std::lower_bound(files.begin(), files.end(), path,
                                [](const EmbeddedFile& f, const std::string& p) { return f.path < p; });
  if (found == files.end() || found->path != path) return std::nullopt;
  return StandardText{path, std::string(found->text), Origin::Embedded};
}

ModuleLoader::ModuleLoader(Diagnostics& diags, std::string stdlibDir, const std::vector<std::string>& allowed)
    : diags_(diags), stdlibDir_(std::move(stdlibDir)) {
  for (const auto& folder : allowed) dataFiles_->fence.admit(folder);
  if (!stdlibDir_.empty()) dataFiles_->fence.admit(stdlibDir_);
}

const Library& ModuleLoader::library() {
  if (library_) return *library_;
  library_.emplace();
  for (const auto& name : standardModules())
    if (auto file = standardText(name)) library_->add(name, file->text);
  return *library_;
}

Module* ModuleLoader::loadFile(const std::string& path) {
  if (path == kStandardInput) return loadStandardInput();
  dataFiles_->fence.admitProjectOf(path);
  return readModule(path);
}

Module* ModuleLoader::loadStandardInput() {
  std::string word(kStandardInput), name = inputName(word);
  auto source = readInput(word);
  if (source.error.empty()) return loadText(name, std::move(source.text));
  diags_.report<diag::unreadable_file>({}, name, source.error);
  return nullptr;
}

Module* ModuleLoader::readModule(const std::string& path) {
  std::string key = normalized(path);
  if (auto found = modules_.find(key); found != modules_.end()) return found->second.get();
  auto source = readSource(path);
  if (!source.error.empty()) {
    diags_.report<diag::unreadable_file>({}, path, source.error);
    return nullptr;
  }
  modulesRead_.push_back(path);
  return parse(key, path, std::move(source.text), Origin::User);
}

std::vector<std::string> ModuleLoader::filesRead() const {
  auto out = modulesRead_;
  for (auto& path : dataFiles_->paths()) out.push_back(std::move(path));
  return out;
}

Module* ModuleLoader::loadText(const std::string& name, std::string text) {
  dataFiles_->fence.admitProjectOf(name);
  return parse(name, name, std::move(text), Origin::User);
}

Module* ModuleLoader::loadStandard(std::string_view dotted) {
  std::string key = "<std>/" + standardPath(dotted);
  if (auto found = modules_.find(key); found != modules_.end()) return found->second.get();
  auto file = standardText(dotted);
  if (!file) return nullptr;
  if (file->origin == Origin::Directory) modulesRead_.push_back(file->shown);
  return parse(key, file->shown, std::move(file->text), file->origin);
}

Module* ModuleLoader::parse(const std::string& key, const std::string& shown, std::string text, Origin origin) {
  auto& owned = modules_[key] = std::make_unique<Module>();
  Module* module = owned.get();
  module->name = shown;
  module->standard = origin != Origin::User;
  size_t before = diags_.errors();
  uint32_t file = diags_.sources().add(shown, std::move(text));
  if (module->standard) standardFiles_.insert(file);
  // The embedded library has been checked with the compiler it travels in: what nobody asks for need not be parsed.
  module->ast = origin == Origin::Embedded ? parseLate(file, diags_) : parseModule(file, diags_);
  module->failed = module->damaged = diags_.errors() > before;
  for (const auto& decl : module->ast->decls) {
    if (decl.isBlock("test")) continue;  // tests are not names
    if (decl.kind == ast::DeclKind::Kind) continue;
    // `emit vidur { … }` names its target, not itself.
    if (decl.isBlock("emit")) continue;
    auto [place, fresh] = module->decls.emplace(decl.name.text, &decl);
    if (!fresh)
      diags_.report<diag::declared_twice>(decl.name.range, decl.name.text)
          .label(place->second->name.range, "first declared here");
  }
  if (!module->damaged && !module->ast->hasEdition && !module->ast->decls.empty()) {
    uint32_t file = module->ast->file;
    diags_.report<diag::missing_edition>({file, 0, 1}).fix({file, 0, 0}, "edition 1");
  }
  loading_.emplace_back(shown, module);
  resolveImports(*module, std::string(llvm::sys::path::parent_path(shown)));
  loading_.pop_back();
  return module;
}

std::optional<std::string> ModuleLoader::moduleMeant(std::string_view target) {
  // The name of a declaration behind that of its module: `std.hw.nvidia.H100x8`.
  size_t dot = target.rfind('.');
  if (dot != std::string_view::npos)
    if (const auto* entry = library().meant(target.substr(dot + 1)); entry && entry->module == target.substr(0, dot))
      return fmt::format("{} {{ {} }}", entry->module, entry->name);
  return suggest(target, standardModules());
}

/// `import "./models.afd"`; null when it cannot be had (reported). What lies outside of the project is not even looked
/// at.
Module* ModuleLoader::importedFile(const ast::Import& import, const std::string& directory) {
  std::string path(import.target);
  if (!directory.empty() && !llvm::sys::path::is_absolute(path)) path = directory + "/" + path;
  path = normalized(path);
  const auto& fence = dataFiles_->fence;
  if (!fence.admits(path)) {
    diags_.report<diag::outside_project>(import.targetRange, import.target)
        .note(fence.admitted())
        .help(std::string(Fence::kWayIn));
    return nullptr;
  }
  auto source = modules_.count(path) ? FileText{} : readSource(path);
  if (source.error.empty()) return readModule(path);
  if (source.error == "no such file")
    diags_.report<diag::module_not_found>(import.targetRange, import.target).note("looked for " + path);
  else
    diags_.report<diag::unreadable_file>(import.targetRange, import.target, source.error);
  return nullptr;
}

void ModuleLoader::resolveImports(Module& module, const std::string& directory) {
  for (const auto& import : module.ast->imports) {
    Module* target = nullptr;
    if (import.file) {
      target = importedFile(import, directory);
    } else {
      target = loadStandard(import.target);
      if (!target && !module.damaged) {
        auto& d = diags_.report<diag::module_not_found>(import.targetRange, import.target);
        if (auto meant = moduleMeant(import.target)) d.fix(import.targetRange, *meant);
      }
    }
    if (target) {
      // A module that is still being loaded imports us, directly or not.
      auto at = std::find_if(loading_.begin(), loading_.end(), [&](const auto& l) { return l.second == target; });
      if (at != loading_.end()) {
        std::vector<std::string> names;
        for (auto i = at; i != loading_.end(); ++i) names.push_back("`" + i->first + "`");
        names.push_back("`" + at->first + "`");
        std::string chain = names[0];
        for (size_t i = 1; i < names.size(); ++i) chain += " → " + names[i];
        diags_.report<diag::import_cycle>(import.targetRange, chain);
        target = nullptr;
        module.failed = true;
      }
    } else {
      module.failed = true;
    }
    if (target) module.imports.push_back(target);
    if (!import.hasList) {
      auto alias = import.alias.text;
      if (alias.empty()) {
        size_t dot = import.target.rfind('.');
        alias = import.target.substr(dot == std::string_view::npos ? 0 : dot + 1);
      }
      if (target) module.aliases.emplace(alias, target);
      continue;
    }
    for (const auto& name : import.names) {
      Module::Imported imported{target, nullptr};
      if (target) {
        imported.decl = findExported(*target, import.target, name, diags_);
        if (!imported.decl) module.failed = true;  // uses of the name that was meant are not reported as well
      }
      if (!module.names.emplace(name.text, imported).second || module.decls.count(name.text)) {
        auto own = module.decls.find(name.text);
        auto& d = diags_.report<diag::declared_twice>(name.range, name.text);
        if (own != module.decls.end()) d.label(own->second->name.range, "also declared here");
      }
    }
  }
}

}  // namespace afdc

// Modules: loading, the import graph, the standard library embedded in the binary.
#pragma once
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "frontend/library.h"
#include "frontend/syntax/ast.h"
#include "support/data_files.h"
#include "support/diagnostics.h"

namespace afdc {

struct Module {
  std::string name;  ///< "std.hw.nvidia", or the path as given
  bool standard = false;
  bool damaged = false;  ///< has syntax errors
  bool failed = false;   ///< damaged, or an import failed: names missing from it are not reported again
  std::unique_ptr<ast::Module> ast;
  std::unordered_map<std::string_view, const ast::Decl*> decls;
  struct Imported {
    Module* module = nullptr;
    const ast::Decl* decl = nullptr;  ///< null: poison (the import was already reported)
  };
  std::unordered_map<std::string_view, Imported> names;
  std::unordered_map<std::string_view, Module*> aliases;
  std::vector<Module*> imports;
};

/// What others can see of a module under a name. Null, and reported, when there is no such thing, or when its name
/// begins with `_`; `shown` is what the module is called there.
const ast::Decl* findExported(const Module& module, std::string_view shown, const ast::Name& name, Diagnostics& diags);

struct EmbeddedFile {
  std::string_view path;  ///< "std/hw/nvidia.afd"
  std::string_view text;
};
/// The stdlib as it was built in, sorted by path.
const std::vector<EmbeddedFile>& embeddedStdlib();
/// Names content: goes into every result.
std::string stdlibHash();

class ModuleLoader {
 public:
  /// `stdlibDir`: read the standard library from there instead of the binary; empty for the embedded one.
  /// `allowed`: folders that may be read beside the projects of the files that the user names.
  ModuleLoader(Diagnostics& diags, std::string stdlibDir, const std::vector<std::string>& allowed = {});

  /// From now on `text` stands for a file of the standard library ("std/hw.afd"), for those who hold changed ones.
  void replaceStandard(std::string path, std::string text) { replaced_[std::move(path)] = std::move(text); }

  /// Loads a file that the user named, and all it imports; null when the file itself cannot be read (reported). Its
  /// project may be read from then on. `-` is standard input, which speaks from the current folder.
  Module* loadFile(const std::string& path);
  /// The same of a text that has no file: it speaks from the folder of `name`.
  Module* loadText(const std::string& name, std::string text);
  /// Loads "std.hw.nvidia"; null when there is no such module.
  Module* loadStandard(std::string_view dotted);
  /// "std.hw.nvidia", …: of the directory and of the binary, in order.
  std::vector<std::string> standardModules() const;
  /// Paths of all files that were read: modules, and what scenarios name.
  std::vector<std::string> filesRead() const;
  /// Files that scenarios of this session name.
  const std::shared_ptr<DataFiles>& dataFiles() const { return dataFiles_; }
  /// What they declare; read when first asked for.
  const Library& library();
  /// Is it a file of the standard library?
  bool isStandard(uint32_t file) const { return standardFiles_.count(file) > 0; }

 private:
  /// Where a module's text comes from: a user's file, the standard library in a directory, or the one in the binary.
  enum class Origin : uint8_t { User, Directory, Embedded };
  Module* parse(const std::string& key, const std::string& shown, std::string text, Origin origin);
  Module* loadStandardInput();
  Module* readModule(const std::string& path);
  void resolveImports(Module& module, const std::string& directory);
  Module* importedFile(const ast::Import& import, const std::string& directory);
  /// What an import of a module that does not exist should say.
  std::optional<std::string> moduleMeant(std::string_view target);
  Diagnostics& diags_;
  /// The text of a standard module where the directory, or else the binary, has it.
  struct StandardText {
    std::string shown, text;
    Origin origin;
  };
  std::optional<StandardText> standardText(std::string_view dotted) const;
  std::string stdlibDir_;
  std::shared_ptr<DataFiles> dataFiles_ = std::make_shared<DataFiles>();
  std::vector<std::string> modulesRead_;  ///< paths
  std::unordered_map<std::string, std::string> replaced_;
  std::optional<Library> library_;
  std::set<uint32_t> standardFiles_;
  std::unordered_map<std::string, std::unique_ptr<Module>> modules_;
  std::vector<std::pair<std::string, Module*>> loading_;
};

}  // namespace afdc

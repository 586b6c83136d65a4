#include "support/json.h"

#include <llvm/Support/JSON.h>
#include <llvm/Support/raw_ostream.h>

#include <cmath>

namespace afdc {

struct JsonWriter::Impl {
  explicit Impl(std::string& out) : stream(out), json(stream, 2) { stream.SetUnbuffered(); }
  llvm::raw_string_ostream stream;
  llvm::json::OStream json;
};

static llvm::StringRef ref(std::string_view text) { return llvm::StringRef(text.data(), text.size()); }

JsonWriter::JsonWriter(std::string& out) : impl_(std::make_unique<Impl>(out)) {}
JsonWriter::~JsonWriter() = default;

void JsonWriter::objectBegin() { impl_->json.objectBegin(); }
void JsonWriter::objectEnd() { impl_->json.objectEnd(); }
void JsonWriter::arrayBegin() { impl_->json.arrayBegin(); }
void JsonWriter::arrayEnd() { impl_->json.arrayEnd(); }
void JsonWriter::attributeBegin(std::string_view key) { impl_->json.attributeBegin(ref(key)); }
void JsonWriter::attributeEnd() { impl_->json.attributeEnd(); }
void JsonWriter::value(std::string_view text) { impl_->json.value(ref(text)); }
void JsonWriter::value(double number) {
  if (std::isfinite(number))
    impl_->json.value(number);
  else
    impl_->json.value(nullptr);
}
void JsonWriter::value(bool truth) { impl_->json.value(truth); }
void JsonWriter::value(std::nullptr_t) { impl_->json.value(nullptr); }

}  // namespace afdc

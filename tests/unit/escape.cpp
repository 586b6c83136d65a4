// Texts in each format: tests/emit/injection.py has them read back by other readers; here is what only the text shows.
#include "support/escape.h"

#include <doctest/doctest.h>

#include "support/json.h"

using namespace afdc;

TEST_CASE("what a terminal obeys is spelled out") {
  CHECK(onOneLine("a\nb\tc\x1b[31m\x7f") == "a\\nb\\tc\\x1b[31m\\x7f");
  CHECK(onOneLine("\xe2\x80\xae\xe2\x80\xa8\xc2\x85\xc2\x9b") == "\\u202e\\u2028\\u0085\\u009b");
  CHECK(onOneLine("\xff\xc3") == "\\u00ff\\u00c3");  // no UTF-8
  CHECK(onOneLine("\xe4\xbd\xa0 \xf0\x9f\x98\x80") == "\xe4\xbd\xa0 \xf0\x9f\x98\x80");
  CHECK(printable("a\n\tb\rc") == "a\n\tb\\rc");
}

TEST_CASE("words of a shell") {
  CHECK(shellWord("meta-llama/Llama-3.1-8B") == "meta-llama/Llama-3.1-8B");
  CHECK(shellWord("") == "''");
  CHECK(shellWord("it's $(x)") == "'it'\\''s $(x)'");
  CHECK(hereDocument("a b", "x\nEND\n") == "cat > 'a b' <<'END_'\nx\nEND\nEND_\n");
}

TEST_CASE("HTML and what stands in a script") {
  CHECK(htmlText("<b>&'\"\x1b") == "&lt;b&gt;&amp;&#39;&quot;\\x1b");
  CHECK(htmlAttribute("a\n\"b\"") == "a&#10;&quot;b&quot;");
  CHECK(jsonInScript("\"</script><!--\"") == "\"\\u003c/script>\\u003c!--\"");
}

TEST_CASE("Markdown is read as written") {
  CHECK(markdownText("a|b `c` *d* [e](f)") == "a\\|b \\`c\\` \\*d\\* \\[e\\](f)");
  CHECK(markdownText("throughput_per_gpu _x_") == "throughput_per_gpu \\_x\\_");
  CHECK(markdownText("a\n<b>") == "a\\\\n&lt;b&gt;");
  CHECK(markdownText("name ##") == "name \\##");
}

TEST_CASE("cells of CSV") {
  CHECK(csvCell("a,\"b\"") == "\"a,\"\"b\"\"\"");
  CHECK(spreadsheetCell("=1+1") == "'=1+1");
  CHECK(spreadsheetCell("-1.5e-3") == "-1.5e-3");
  CHECK(spreadsheetCell("@x,y") == "\"'@x,y\"");
}

TEST_CASE("JSON is safe to print and to read as YAML") {
  CHECK(jsonString("\xe2\x80\xae\x7f\xc2\x85\xf3\xa0\x80\x81") == "\"\\u202e\\u007f\\u0085\\udb40\\udc01\"");
}

TEST_CASE("a text of the language") { CHECK(afdText("a\"\\\n\t\r") == "\"a\\\"\\\\\\n\\t\\\r\""); }

TEST_CASE("names of files stay in their folder") {
  CHECK(fileName("prefill.decode_2") == "prefill.decode_2");
  for (auto text : {"..", "../x", "-rf", "a/b", "a\nb", ""}) {
    auto name = fileName(text);
    CHECK(name.find_first_of("/\n") == std::string::npos);
    CHECK((name[0] == '_' || name[0] == 'a'));
  }
  CHECK(fileName("a/b") != fileName("a_b"));
  CHECK(fileName(std::string(300, 'x')).size() <= 110);
}

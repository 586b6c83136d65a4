#include "support/terminal.h"

#include <doctest/doctest.h>

#include "session/session.h"

using namespace afdc;

TEST_CASE("cells of a terminal") {
  CHECK(columnWidth("") == 0);
  CHECK(columnWidth("tok/s") == 5);
  CHECK(columnWidth("中文") == 4);
  CHECK(columnWidth("é") == 1);
  CHECK(columnWidth("e\xCC\x81") == 1);  // an accent of its own
  CHECK(columnWidth("▏█") == 2);
}

TEST_CASE("carets stand under what they mean, behind characters that are two cells wide") {
  Session session;
  auto* module = session.loader.loadText("wide.afd", "edition 1\nlet a = \"中文中文\" + 1 tok\n");
  session.evaluator.check(*module);
  std::string text = session.diags.text(false);
  // `let a = ` and a text of 2 + 4·2 cells, then the operator.
  CHECK(text.find("| let a = \"中文中文\" + 1 tok\n     |         " + std::string(11, ' ') + "^") != std::string::npos);
  // Positions in the heading and in JSON stay counts of characters.
  CHECK(text.find("--> wide.afd:2:16") != std::string::npos);
}

// Command lines of other programs: words as a shell reads them, options by their names.
#include "support/command_line.h"

#include <doctest/doctest.h>

using namespace afdc;

TEST_CASE("an option's value follows it after any blanks, or after an equals sign") {
  for (const char* text : {"vllm serve m -tp 2", "vllm serve m -tp  2", "vllm serve m -tp\t2", "vllm serve m -tp=2",
                           "vllm serve m --tp 2", "vllm serve m --tp=2 --other", "vllm serve m \\\n  -tp \\\n  2"}) {
    INFO(text);
    CHECK(CommandLine(text).number({"tp"}) == 2);
  }
  CHECK(CommandLine("a --tensor-parallel-size 4").number({"tp", "tensor-parallel-size"}) == 4);
  CHECK(CommandLine("a --tp_size 4").number({"tp-size"}) == 4);
}

TEST_CASE("an option is a word of its own: what only contains its name is another one") {
  CommandLine command("serve m --no-enforce-eager --max-num-seqs-limit 7 --log=--tp=3 my-tp 4");
  CHECK(!command.has({"enforce-eager"}));
  CHECK(!command.number({"max-num-seqs"}));
  CHECK(!command.has({"tp"}));
  CHECK(command.value({"log"}) == "--tp=3");
}

TEST_CASE("where an option is given again, the last one counts") {
  CHECK(CommandLine("a --tp 2 --tp-size 4").number({"tp", "tp-size"}) == 4);
  CHECK(CommandLine("a --tp-size 4 --tp 2").number({"tp", "tp-size"}) == 2);
}

TEST_CASE("a flag has no value, though a number may be negative") {
  CommandLine command("a --enable-x --seed -1 --offset=-2 --last");
  CHECK(command.has({"enable-x"}));
  CHECK(!command.value({"enable-x"}));
  CHECK(command.number({"seed"}) == -1);
  CHECK(command.number({"offset"}) == -2);
  CHECK(command.has({"last"}));
}

TEST_CASE("a number is the whole value") {
  CHECK(CommandLine("a --share 0.85").number({"share"}) == 0.85);
  CHECK(!CommandLine("a --share 0.85x").number({"share"}));
  CHECK(!CommandLine("a --share").number({"share"}));
  CHECK(!CommandLine("a").number({"share"}));
}

TEST_CASE("quotes hold words together and do not belong to them") {
  CommandLine command(R"(serve --name "my model" --path='/a b/c' --plain a\ b --tp 2)");
  CHECK(command.value({"name"}) == "my model");
  CHECK(command.value({"path"}) == "/a b/c");
  CHECK(command.value({"plain"}) == "a b");
  CHECK(command.number({"tp"}) == 2);
  CHECK(!CommandLine("serve --note 'with --tp 8 in it'").has({"tp"}));
}

TEST_CASE("JSON in an option, with the shell's quotes or without") {
  for (const char* text :
       {R"(vllm serve m --speculative-config '{"method": "mtp", "num_speculative_tokens": 3}' -tp 2)",
        R"(vllm serve m --speculative-config={"method":"mtp","num_speculative_tokens":3} -tp 2)",
        R"(vllm serve m --speculative-config {"method": "mtp", "num_speculative_tokens" : 3} -tp 2)",
        R"(vllm serve m --speculative-config="{\"method\": \"mtp\", \"num_speculative_tokens\": 3}" -tp 2)"}) {
    INFO(text);
    CommandLine command(text);
    auto config = command.json({"speculative-config"});
    CHECK(config["num_speculative_tokens"].number() == 3);
    CHECK(config["method"].text() == "mtp");
    CHECK(command.number({"tp"}) == 2);
  }
  // Braces in strings, and objects in objects.
  CommandLine nested(R"(a --config={"a": "}{\"", "b": {"c": 4}} --tp 2)");
  CHECK(nested.json({"config"})["a"].text() == "}{\"");
  CHECK(nested.json({"config"})["b"]["c"].number() == 4);
  CHECK(nested.number({"tp"}) == 2);
  // What is no JSON is null, and does not swallow the rest.
  CommandLine broken(R"(a --config={"num_speculative_tokens": --tp 2)");
  CHECK(broken.json({"config"}).isNull());
  CHECK(broken.number({"tp"}) == 2);
}

TEST_CASE("the program that a command starts, wherever it lies") {
  CHECK(CommandLine("export A=1 vllm serve m").starts("vllm serve"));
  CHECK(CommandLine("/usr/bin/vllm  serve m").starts("vllm serve"));
  CHECK(CommandLine("python3 -m sglang.launch_server --tp 2").starts("sglang.launch_server"));
  CHECK(!CommandLine("vllm bench serve").starts("vllm serve"));
  CHECK(!CommandLine("my-vllm serve").starts("vllm serve"));
  CHECK(!CommandLine("").starts("vllm serve"));
  CHECK(CommandLine("").empty());
}

TEST_CASE("options by how their names begin") {
  CHECK(CommandLine("a --speculative-algorithm EAGLE").hasAny("speculative"));
  CHECK(!CommandLine("a --no-speculative speculative").hasAny("speculative"));
}

// SHA-256 against the examples of FIPS 180-4's test vectors, whole and in pieces.
#include "support/hash.h"

#include <doctest/doctest.h>

using namespace afdc;

TEST_CASE("SHA-256 gives the digests of its standard's examples") {
  CHECK(sha256("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(sha256("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(sha256(std::string(1'000'000, 'a')) == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("how bytes are cut into pieces does not matter; a zero byte counts") {
  std::string_view text("one\0two three", 13);
  CHECK(Sha256().add(text.substr(0, 3)).add(text.substr(3, 2)).add("").add(text.substr(5)).hex() == sha256(text));
  CHECK(sha256(text) != sha256("one"));
}

TEST_CASE("people read the first sixteen digits") { CHECK(shortHash(sha256("abc")) == "ba7816bf8f01cfea"); }

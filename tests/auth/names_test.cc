#include "auth/names.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace securechat::auth {
namespace {

// Shows: R43
TEST(NamesTest, OneSpellingIsStored) {
  for (const auto& [given, normal] : std::vector<std::pair<std::string, std::string>>{
           {"", ""},
           {"Ada", "Ada"},
           {"Zoe\xCC\x88", "Zo\xC3\xAB"},                             // e and a diaeresis
           {"Zo\xC3\xAB", "Zo\xC3\xAB"},                              // composed already
           {"\xE2\x84\xAB", "\xC3\x85"},                              // the angstrom sign
           {"\xE1\x84\x92\xE1\x85\xA1\xE1\x86\xAB", "\xED\x95\x9C"},  // Hangul, in its letters
           {"\xE1\xBF\xAF", "`"},             // a Greek accent: refused then
           {"\xEF\xAC\x81", "\xEF\xAC\x81"},  // a ligature is no other spelling
           {"\xF0\x9F\x91\x8B", "\xF0\x9F\x91\x8B"},
           {"\xFF", "\xFF"},  // No UTF-8: for the rules.
           {"  Ada\xC2\xA0", "Ada"},
           {"\xE2\xA0\x80 Ada  B \xE3\x80\x80\xE2\xA0\x80", "Ada  B"},  // a Braille blank
           {" \xE2\xA0\x80 ", ""},
           {"Ada\n", "Ada\n"},  // A control character: for the rules.
           {"\xEF\xBB\xBF"
            "Ada",
            "\xEF\xBB\xBF"
            "Ada"},  // A byte order mark, too.
           {" \xFF ", "\xFF"},
       }) {
    EXPECT_EQ(normal_name(given), normal) << given;
    EXPECT_EQ(normal_name(normal_name(given)), normal) << given;
  }
}

// Shows: R43
TEST(NamesTest, WhatPeopleTakeForOneNameHasOneKey) {
  for (const auto& [a, b] : std::vector<std::pair<std::string, std::string>>{
           {"Ada", "aDA"},
           {"Zoe\xCC\x88", "ZO\xC3\x8B"},
           {"stra\xC3\x9F"
            "e",
            "STRASSE"},
           {"\xCF\x83\xCF\x82", "\xCE\xA3\xCE\xA3"},         // both Greek sigmas
           {"\xEF\xBC\xA1\xEF\xBD\x84\xEF\xBD\x81", "ada"},  // full width
           {"\xEF\xAC\x81n", "FIN"},
           {"a\xC2\xAD"
            "da",
            "ada"},  // a soft hyphen
           {"ada", " ada"},
           {"ada", "ada  "},
           {"ada", "ada\xE2\xA0\x80"},
           {"ada b", "Ada \xC2\xA0 B"},
           {"ada b",
            "ada\xE2\xA0\x80\xE3\x80\x80"
            "b"},
           {"ada b",
            "ada\xE1\x9A\x80"
            "b"},                        // the Ogham space
           {"ada b", "ada \xCD\x8F b"},  // a joiner between two spaces
           {"ada",
            "\xE3\x85\xA4"
            "ada\xEF\xBE\xA0"},  // Hangul fillers
       }) {
    EXPECT_EQ(name_key(a), name_key(b)) << a << " " << b;
    EXPECT_EQ(name_key(name_key(a)), name_key(a)) << a;
  }
  EXPECT_NE(name_key("ada"), name_key("\xD0\xB0"
                                      "da"))
      << "a Cyrillic a";
  EXPECT_NE(name_key("ada"), name_key("ad a"));
}

// Shows: R43
TEST(NamesTest, WhatShowsNothingHasNoKey) {
  for (const char* name : {"", " ", "\xE2\xA0\x80", "\xE3\x85\xA4", "\xE1\x85\x9F", "\xCD\x8F",
                           "\xEF\xB8\x8F", "\xE1\x9E\xB4", "\xE3\x85\xA4 \xCD\x8F"}) {
    EXPECT_EQ(name_key(name), "") << name;
  }
}

}  // namespace
}  // namespace securechat::auth

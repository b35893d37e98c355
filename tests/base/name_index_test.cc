#include "base/name_index.h"

#include <gtest/gtest.h>

#include <random>
#include <set>
#include <string>
#include <vector>

namespace securechat {
namespace {

struct Thing {
  std::string name;
  Thing* next = nullptr;
};

struct ByName {
  static std::string_view of(const Thing& thing) { return thing.name; }
  static Thing*& next(Thing& thing) { return thing.next; }
};
using Index = NameIndex<Thing, ByName>;

std::set<Thing*> all(const Index& index, std::string_view name) {
  const std::vector<Thing*> found = index.all(name);
  std::set<Thing*> set(found.begin(), found.end());
  EXPECT_EQ(set.size(), found.size()) << "each once";
  return set;
}

TEST(NameIndexTest, FindsAllOfAName) {
  Thing first{"ada"};
  Thing second{"ada"};
  Thing other{"bob"};
  Index index;
  EXPECT_TRUE(index.all("ada").empty());
  index.add(first);
  index.add(other);
  index.add(second);
  EXPECT_EQ(all(index, "ada"), (std::set<Thing*>{&first, &second}));
  EXPECT_EQ(all(index, "bob"), std::set<Thing*>{&other});
  EXPECT_TRUE(index.all("eve").empty());
}

TEST(NameIndexTest, WhatIsNotInIsNotRemoved) {
  Thing in{"ada"};
  Thing out{"ada"};
  Index index;
  index.remove(out);
  index.add(in);
  index.remove(out);
  EXPECT_EQ(all(index, "ada"), std::set<Thing*>{&in});
}

TEST(NameIndexTest, AnyOfANameMayLeaveFirst) {
  std::mt19937 random(1);
  for (int round = 0; round < 200; ++round) {
    std::vector<Thing> things(5);
    std::set<Thing*> left;
    Index index;
    for (Thing& thing : things) {
      thing.name = "ada";
      index.add(thing);
      left.insert(&thing);
    }
    while (!left.empty()) {
      Thing* gone = *std::next(left.begin(), static_cast<int>(random() % left.size()));
      index.remove(*gone);
      left.erase(gone);
      EXPECT_EQ(gone->next, nullptr);
      ASSERT_EQ(all(index, "ada"), left);
    }
  }
}

}  // namespace
}  // namespace securechat

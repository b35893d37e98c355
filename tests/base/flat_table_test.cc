#include "base/flat_table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

namespace securechat {
namespace {

struct Named {
  std::string name;
  int number;
};

struct ByName {
  static std::string_view key(const Named* named) { return named->name; }
  static std::uint64_t hash(std::string_view name) { return std::hash<std::string_view>()(name); }
};
using NameTable = FlatTable<Named*, ByName>;

TEST(FlatTableTest, FindsAndTakesByKey) {
  Named ada{"ada", 1};
  Named bob{"bob", 2};
  NameTable table;
  EXPECT_EQ(table.find("ada"), nullptr) << "empty";
  EXPECT_EQ(table.take("ada"), nullptr);
  table.add(&ada);
  table.add(&bob);
  EXPECT_EQ(*table.find("ada"), &ada);
  EXPECT_EQ(table.find("eve"), nullptr);
  EXPECT_EQ(table.take("ada"), &ada);
  EXPECT_EQ(table.find("ada"), nullptr);
  EXPECT_EQ(*table.find("bob"), &bob);
  EXPECT_EQ(table.size(), 1U);
}

TEST(FlatTableTest, SeveralMayHaveOneKey) {
  Named first{"ada", 1};
  Named second{"ada", 2};
  NameTable table;
  table.add(&first);
  table.add(&second);
  std::set<int> seen;
  table.for_each_of("ada", [&](const Named* named) { seen.insert(named->number); });
  EXPECT_EQ(seen, (std::set<int>{1, 2}));
  const auto is_second = [&](const Named* named) {
    return named == &second;
  };
  EXPECT_EQ(table.take("ada", is_second), &second);
  EXPECT_EQ(table.take("ada", is_second), nullptr);
  EXPECT_EQ(*table.find("ada"), &first);
}

struct Count {
  int key = 0;
  int value = 0;
  explicit operator bool() const { return key != 0; }
};
// All that differ by a multiple of 64 collide, so that gaps and wrapped chains are met.
struct ByKey {
  static int key(const Count& count) { return count.key; }
  static std::uint64_t hash(int key) { return static_cast<std::uint64_t>(key) % 64; }
};

TEST(FlatTableTest, WhatIsFoundMayBeChanged) {
  FlatTable<Count, ByKey> table;
  table.add({7, 1});
  ++table.find(7)->value;
  EXPECT_EQ(table.find(7)->value, 2);
}

TEST(FlatTableTest, AgreesWithAMapWhateverIsDone) {
  FlatTable<Count, ByKey> table;
  std::unordered_map<int, int> map;
  std::mt19937 random(1);
  for (int round = 0; round < 40'000; ++round) {
    // Grows for a while, then shrinks, over and over.
    const bool growing = round / 4'000 % 2 == 0;
    const int key = 1 + static_cast<int>(random() % 500);
    if (random() % 10 < (growing ? 8U : 3U)) {
      if (map.emplace(key, round).second) table.add({key, round});
    } else {
      EXPECT_EQ(table.take(key).key, map.erase(key) == 0 ? 0 : key);
    }
    const int asked = 1 + static_cast<int>(random() % 500);
    const Count* found = table.find(asked);
    ASSERT_EQ(found != nullptr, map.contains(asked)) << "round " << round;
    if (found != nullptr) {
      ASSERT_EQ(found->value, map.at(asked));
    }
    ASSERT_EQ(table.size(), map.size());
  }
  std::size_t walked = 0;
  table.for_each([&](const Count& count) {
    ++walked;
    EXPECT_EQ(map.at(count.key), count.value);
  });
  EXPECT_EQ(walked, map.size());
}

struct Owned {
  static int key(const std::unique_ptr<int>& number) { return *number; }
  static std::uint64_t hash(int key) { return static_cast<std::uint64_t>(key); }
};

TEST(FlatTableTest, MayOwnWhatItHolds) {
  FlatTable<std::unique_ptr<int>, Owned> table;
  for (int i = 1; i <= 1'000; ++i) table.add(std::make_unique<int>(i));
  for (int i = 1; i <= 999; ++i) EXPECT_EQ(*table.take(i), i);
  ASSERT_EQ(table.size(), 1U);
  EXPECT_EQ(**table.find(1'000), 1'000);
}

}  // namespace
}  // namespace securechat

#include "audit/chain.h"

#include "audit/event.h"
#include "audit/fixture.h"

namespace securechat::audit {
namespace {

using namespace testing;

std::vector<std::string> log_of(std::size_t count, std::string_view key = {}) {
  const auto chain = chain_of(key);
  Link link;
  std::vector<std::string> lines;
  for (std::size_t i = 0; i < count; ++i) {
    const Result<std::string> line =
        chain->seal(link, own_members("audit.test", 1'700'000'000'000 + static_cast<int>(i), ""));
    EXPECT_TRUE(line.ok());
    lines.push_back(*line);
  }
  return lines;
}

using Lines = std::vector<std::uint64_t>;

TEST(Chain, ALogIsIntact) {
  const Report report = report_of(joined(log_of(5)));
  EXPECT_EQ(faults(report), Lines{});
  EXPECT_TRUE(report.findings.empty());
  EXPECT_EQ(report.lines, 5U);
  EXPECT_EQ(report.first.seq, 1U);
  EXPECT_EQ(report.last.seq, 5U);
  EXPECT_EQ(report.unkeyed, 5U);
}

TEST(Chain, AnEmptyLogIsIntact) {
  EXPECT_EQ(faults(report_of("")), Lines{});
}

TEST(Chain, EveryByteOfALineIsCovered) {
  const std::vector<std::string> lines = log_of(3);
  for (std::size_t i = 0; i < lines[1].size(); ++i) {
    std::vector<std::string> changed = lines;
    changed[1][i] = changed[1][i] == '7' ? '8' : '7';
    const Report report = report_of(joined(changed));
    ASSERT_FALSE(report.intact) << i;
    // A changed digest is noticed at the line or, where it still is one, also behind it.
    EXPECT_EQ(faults(report).front(), 2U) << i;
  }
}

TEST(Chain, AChangedLineWithItsDigestRenewedIsNoticedBehindIt) {
  std::vector<std::string> lines = log_of(4);
  const auto chain = chain_of({});
  Link link = read_sealed(lines[0])->link;
  lines[1] = *chain->seal(link, own_members("audit.forged", 0, ""));
  EXPECT_EQ(faults(report_of(joined(lines))), Lines{3});
}

TEST(Chain, ARemovedLineIsFound) {
  std::vector<std::string> lines = log_of(5);
  lines.erase(lines.begin() + 2);
  EXPECT_EQ(faults(report_of(joined(lines))), Lines{3});
}

TEST(Chain, TheFirstLinesCannotBeRemoved) {
  std::vector<std::string> lines = log_of(5);
  lines.erase(lines.begin(), lines.begin() + 2);
  EXPECT_EQ(faults(report_of(joined(lines))), Lines{1});
}

TEST(Chain, AnInsertedLineIsFound) {
  std::vector<std::string> lines = log_of(4);
  lines.insert(lines.begin() + 2, lines[0]);
  EXPECT_EQ(faults(report_of(joined(lines))), Lines{3});
  lines[2] = R"({"event":"login.ok"})";
  EXPECT_EQ(faults(report_of(joined(lines))), Lines{3});
  lines[2] = "";
  EXPECT_EQ(faults(report_of(joined(lines))), Lines{3});
  lines[2] = std::string(1'000'000, 'x');
  EXPECT_EQ(faults(report_of(joined(lines))), Lines{3});
}

TEST(Chain, ALineAppendedIsFound) {
  EXPECT_EQ(faults(report_of(joined(log_of(2)) + "something\n")), Lines{3});
}

TEST(Chain, LinesPutElsewhereAreFound) {
  std::vector<std::string> lines = log_of(5);
  std::swap(lines[1], lines[2]);
  EXPECT_EQ(faults(report_of(joined(lines))), (Lines{2, 3}));
}

TEST(Chain, ATornEndIsNoFault) {
  const std::string text = joined(log_of(3));
  const Report report = report_of(text.substr(0, text.size() - 10));
  EXPECT_EQ(faults(report), Lines{});
  ASSERT_EQ(report.findings.size(), 1U);
  EXPECT_EQ(report.findings[0].line, 3U);
}

TEST(Chain, BytesMayComeInAnyPieces) {
  const std::string text = joined(log_of(4));
  const auto chain = chain_of({});
  Verifier verifier(*chain);
  for (const char c : text) ASSERT_TRUE(verifier.add({&c, 1}).ok());
  ASSERT_TRUE(verifier.end().ok());
  EXPECT_TRUE(verifier.report().intact);
  EXPECT_EQ(verifier.report().last, read_sealed(log_of(4).back())->link);
}

TEST(Chain, AKeyedChainNeedsItsKey) {
  const std::string text = joined(log_of(3, kKey));
  EXPECT_EQ(faults(report_of(text, kKey)), Lines{});
  EXPECT_EQ(report_of(text, kKey).keyed, 3U);
  EXPECT_EQ(faults(report_of(text, std::string(48, 'x'))), (Lines{1, 2, 3}));
  const auto unkeyed = chain_of({});
  Verifier verifier(*unkeyed);
  EXPECT_EQ(verifier.add(text).code(), Code::kAuth);
}

// Who can write to the file, but has no key, may not go on without one.
TEST(Chain, LinesWithoutAKeyDoNotFollowKeyedOnes) {
  std::vector<std::string> lines = log_of(2, kKey);
  Link link = read_sealed(lines.back())->link;
  lines.push_back(*chain_of({})->seal(link, own_members("audit.forged", 0, "")));
  EXPECT_EQ(faults(report_of(joined(lines), kKey)), Lines{3});
}

// Whoever has no key can make a whole chain without one.
TEST(Chain, WhoHasAKeyTrustsNoLineWithoutIt) {
  EXPECT_EQ(faults(report_of(joined(log_of(3)), kKey)), Lines{1});
  EXPECT_EQ(faults(report_of(joined(log_of(3)))), Lines{});
  std::vector<std::string> lines = log_of(2);
  Link link = read_sealed(lines.back())->link;
  lines.push_back(*chain_of(kKey)->seal(link, own_members("audit.test", 0, "")));
  EXPECT_EQ(faults(report_of(joined(lines), kKey)), Lines{1}) << "a key put on top of them";
}

TEST(Chain, OnlyWholeLinesOfAChainAreRead) {
  const std::string line = log_of(1)[0];
  EXPECT_TRUE(read_sealed(line));
  for (std::size_t size = 0; size < line.size(); ++size) {
    EXPECT_FALSE(read_sealed(line.substr(0, size))) << size;
  }
  EXPECT_FALSE(read_sealed(R"({"seq":0,"x":1,"hash":")" + std::string(64, 'a') + "\"}"));
  EXPECT_FALSE(read_sealed(R"({"seq":1,"x":1,"hash":")" + std::string(64, 'A') + "\"}"));
  EXPECT_FALSE(
      read_sealed(R"({"seq":99999999999999999999,"x":1,"hash":")" + std::string(64, 'a') + "\"}"));
}

}  // namespace
}  // namespace securechat::audit

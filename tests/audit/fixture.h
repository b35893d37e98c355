#pragma once

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include "audit/verifier.h"

namespace securechat::audit::testing {

inline const std::string kKey(48, 'k');

inline std::shared_ptr<const Chain> chain_of(std::string_view key) {
  Result<Chain> chain = Chain::create(key);
  EXPECT_TRUE(chain.ok());
  return std::make_shared<const Chain>(std::move(*chain));
}

inline std::string contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline void overwrite(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text;
}

inline std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

inline std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

inline Report report_of(const std::string& text, std::string_view key = {}) {
  const auto chain = chain_of(key);
  Verifier verifier(*chain);
  const Status added = verifier.add(text);
  EXPECT_TRUE(added.ok()) << added.message();
  EXPECT_TRUE(verifier.end().ok());
  return verifier.report();
}

// The lines at which a fault was found.
inline std::vector<std::uint64_t> faults(const Report& report) {
  std::vector<std::uint64_t> lines;
  for (const Finding& finding : report.findings) {
    if (finding.fault) lines.push_back(finding.line);
  }
  EXPECT_EQ(report.intact, lines.empty());
  return lines;
}

// A folder of its own for each test.
class FolderTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "audit-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    path_ = folder_ + "/audit.log";
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string folder_;
  std::string path_;
};

}  // namespace securechat::audit::testing

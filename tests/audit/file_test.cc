#include "audit/file.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <csignal>

#include "audit/event.h"
#include "audit/fixture.h"

namespace securechat::audit {
namespace {

using namespace testing;
using Lines = std::vector<std::uint64_t>;

class FileTest : public FolderTest {
 protected:
  Result<std::unique_ptr<File>> open(std::string_view key = {}) {
    return File::open(path_, chain_of(key));
  }
  static void append(File& file, std::string_view name = "audit.test") {
    const Status appended = file.append(own_members(name, 1'700'000'000'000, ""), 0);
    ASSERT_TRUE(appended.ok()) << appended.message();
  }
  // Why the file is not taken.
  std::string refusal() {
    const Result<std::unique_ptr<File>> file = open();
    EXPECT_EQ(file.code(), Code::kInvalid);
    return file.message();
  }
};

// Shows: R95
TEST_F(FileTest, IsPrivateWhateverTheUmask) {
  const mode_t before = ::umask(0);
  ASSERT_TRUE(open().ok());
  ::umask(before);
  struct stat info {};
  ASSERT_EQ(::stat(path_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0600U);
}

TEST_F(FileTest, TheChainGoesOnOverARestart) {
  for (int start = 0; start < 3; ++start) {
    auto file = *open();
    append(*file);
    append(*file);
  }
  const Report report = report_of(contents(path_));
  EXPECT_EQ(faults(report), Lines{});
  EXPECT_EQ(report.last.seq, 6U);
}

TEST_F(FileTest, AKeyedChainGoesOnOverARestart) {
  for (int start = 0; start < 2; ++start) append(**open(kKey));
  EXPECT_EQ(faults(report_of(contents(path_), kKey)), Lines{});
}

TEST_F(FileTest, AKeyedChainDoesNotGoOnFromOneWithoutAKey) {
  append(**open());
  const auto file = open(kKey);
  ASSERT_FALSE(file.ok());
  EXPECT_NE(file.status().message().find("move it away"), std::string::npos);
}

TEST_F(FileTest, ATornLineIsMarkedAndNoFault) {
  for (int lines = 0; lines < 3; ++lines) append(**open());
  const std::string whole = contents(path_);
  const std::size_t last = lines_of(whole)[2].size() + 1;
  for (const std::size_t cut : {std::size_t{2}, last / 2, last - 1}) {
    overwrite(path_, whole.substr(0, whole.size() - cut));
    append(**open());
    const std::string text = contents(path_);
    const Report report = report_of(text);
    EXPECT_EQ(faults(report), Lines{}) << text;
    EXPECT_EQ(report.last.seq, 4U);
    ASSERT_EQ(report.findings.size(), 1U);
    EXPECT_EQ(report.findings[0].line, 3U);
    // What was torn stands there as it was, and cannot be changed any more.
    std::vector<std::string> lines = lines_of(text);
    EXPECT_EQ(lines.size(), 5U);
    lines[2] += "x";
    EXPECT_EQ(faults(report_of(joined(lines))), Lines{3});
  }
}

TEST_F(FileTest, OnlyALineEndMayBeMissing) {
  for (int lines = 0; lines < 3; ++lines) append(**open());
  const std::string whole = contents(path_);
  overwrite(path_, whole.substr(0, whole.size() - 1));
  EXPECT_EQ(faults(report_of(contents(path_))), Lines{});
  append(**open());
  const Report report = report_of(contents(path_));
  EXPECT_EQ(faults(report), Lines{});
  EXPECT_EQ(report.last.seq, 4U);
  EXPECT_TRUE(report.findings.empty());
}

TEST_F(FileTest, TheFirstLineMayBeTorn) {
  overwrite(path_, R"({"seq":1,"ts)");
  ASSERT_EQ(::chmod(path_.c_str(), 0600), 0);
  append(**open());
  const Report report = report_of(contents(path_));
  EXPECT_EQ(faults(report), Lines{});
  EXPECT_EQ(report.last.seq, 2U);
}

TEST_F(FileTest, AnotherFilesLinesAreNotAppendedTo) {
  for (const char* text : {"root:x:0:0\n", "no line end", "{}\n", "\n"}) {
    overwrite(path_, text);
    ASSERT_EQ(::chmod(path_.c_str(), 0600), 0);
    EXPECT_NE(refusal().find("does not end as an audit log does"), std::string::npos) << text;
    EXPECT_EQ(contents(path_), text);
  }
}

TEST_F(FileTest, WhatOthersMayReadOrWriteIsRefused) {
  append(**open());
  for (const mode_t mode : {0604U, 0602U, 0620U, 0666U}) {
    ASSERT_EQ(::chmod(path_.c_str(), mode), 0);
    EXPECT_NE(refusal().find("chmod 600"), std::string::npos) << mode;
  }
  ASSERT_EQ(::chmod(path_.c_str(), 0640), 0);
  EXPECT_TRUE(open().ok());
}

TEST_F(FileTest, WhatIsNoPlainFileIsRefused) {
  ASSERT_EQ(::symlink((folder_ + "/target").c_str(), path_.c_str()), 0);
  EXPECT_NE(refusal().find("symbolic link"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(folder_ + "/target"));
  ASSERT_EQ(::unlink(path_.c_str()), 0);
  ASSERT_EQ(::mkfifo(path_.c_str(), 0600), 0);
  EXPECT_NE(refusal().find("regular file"), std::string::npos);
  path_ = folder_;
  refusal();
  path_ = folder_ + "/nowhere/audit.log";
  EXPECT_NE(refusal().find("cannot be opened"), std::string::npos);
}

TEST_F(FileTest, TwoServersDoNotShareAFile) {
  const auto first = open();
  ASSERT_TRUE(first.ok());
  EXPECT_NE(refusal().find("another server"), std::string::npos);
}

// A full disk tears a line in the middle; once there is room again the log goes on and says so.
// Shows: R90 R97
TEST_F(FileTest, AFullDiskIsNoFault) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::signal(SIGXFSZ, SIG_IGN);
    auto file = *open();
    append(*file);
    const auto size = static_cast<rlim_t>(std::filesystem::file_size(path_));
    rlimit limit{size + 20, RLIM_INFINITY};
    bool right = ::setrlimit(RLIMIT_FSIZE, &limit) == 0;
    right = right && !file->append(own_members("audit.test", 0, ""), 0).ok();
    right = right && !file->append(own_members("audit.test", 0, ""), 0).ok();
    limit.rlim_cur = RLIM_INFINITY;
    right = right && ::setrlimit(RLIMIT_FSIZE, &limit) == 0;
    right = right && file->append(own_members("audit.test", 0, ""), 0).ok();
    ::_exit(right ? 0 : 1);
  }
  int ended = 0;
  ASSERT_EQ(::waitpid(child, &ended, 0), child);
  EXPECT_EQ(ended, 0);
  const std::string text = contents(path_);
  const Report report = report_of(text);
  EXPECT_EQ(faults(report), Lines{}) << text;
  EXPECT_EQ(report.last.seq, 3U);
  EXPECT_EQ(report.findings.size(), 1U);
}

TEST_F(FileTest, ANewFileGoesOnFromTheOneBefore) {
  auto first = *open();
  append(*first);
  const std::string before = path_ + ".1";
  ASSERT_EQ(::rename(path_.c_str(), before.c_str()), 0);
  auto second = *open();
  ASSERT_TRUE(second->empty());
  second->follow(first->newest());
  const std::string prev = R"(,"prev":")" + first->newest().digest + "\"";
  ASSERT_TRUE(second->append(own_members("audit.rotated", 0, prev), 0).ok());
  append(*second);
  EXPECT_EQ(faults(report_of(contents(path_))), Lines{});
  EXPECT_EQ(report_of(contents(path_)).findings.size(), 1U);  // Where it goes on from.
  const Report both = report_of(contents(before) + contents(path_));
  EXPECT_EQ(faults(both), Lines{});
  EXPECT_TRUE(both.findings.empty());
  // The file between two cannot be left out.
  const std::string third = joined({lines_of(contents(path_))[1]});
  EXPECT_EQ(faults(report_of(contents(before) + third)), Lines{2});
}

}  // namespace
}  // namespace securechat::audit

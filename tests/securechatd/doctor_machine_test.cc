#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdarg>
#include <cstdio>
#include <filesystem>
#include <string>

extern "C" {
#include "doctor.h"
#include "machine.h"
}

namespace {
std::string found;
}

extern "C" void doctor_find(struct doctor* doctor, const char* why, const char* change,
                            const char* what, ...) {
  char text[1024];
  va_list arguments;
  va_start(arguments, what);
  std::vsnprintf(text, sizeof text, what, arguments);
  va_end(arguments);
  EXPECT_NE(*why, '\0');
  EXPECT_NE(*change, '\0');
  ++doctor->findings;
  found = text;
}

namespace {

constexpr unsigned long long kGib = 1024ULL * 1024 * 1024;

class DoctorMachineTest : public testing::Test {
 protected:
  DoctorMachineTest() {
    machine_.clock_known = machine_.clock_synchronised = 1;
    machine_.skew_known = machine_.disk_known = 1;
    machine_.disk_free = 50 * kGib;
    machine_.disk_total = 100 * kGib;
    machine_.descriptors_soft = machine_.descriptors_hard = 1'048'576;
    machine_.somaxconn = machine_.syn_backlog = 4'096;
  }
  ~DoctorMachineTest() override { securechat_config_free(config_); }

  void set(const char* key, const char* value) {
    ASSERT_EQ(securechat_config_set(config_, key, value), SECURECHAT_OK);
  }
  // What the check finds; empty: nothing.
  std::string finding(void (*check)(struct doctor*)) {
    struct doctor doctor = {};
    doctor.config = config_;
    doctor.machine = &machine_;
    found.clear();
    check(&doctor);
    EXPECT_LE(doctor.findings, 1U);
    return found;
  }

  securechat_config* config_ = securechat_config_new();
  machine machine_ = {};
};

TEST_F(DoctorMachineTest, NothingIsWrongWithAGoodMachine) {
  for (const auto check :
       {check_clock_sync, check_clock_skew, check_disk_space, check_descriptors, check_backlog}) {
    EXPECT_EQ(finding(check), "");
  }
}

TEST_F(DoctorMachineTest, WhatIsNotKnownIsNoFault) {
  machine_ = {};
  for (const auto check :
       {check_clock_sync, check_clock_skew, check_disk_space, check_descriptors, check_backlog}) {
    EXPECT_EQ(finding(check), "");
  }
}

TEST_F(DoctorMachineTest, AClockThatNobodyKeeps) {
  machine_.clock_synchronised = 0;
  EXPECT_NE(finding(check_clock_sync), "");
}

TEST_F(DoctorMachineTest, AFileSystemWithAnotherTime) {
  for (const double skew : {3.0, -3.0}) {
    machine_.skew_seconds = skew;
    EXPECT_NE(finding(check_clock_skew), "") << skew;
  }
  machine_.skew_seconds = -0.01;
  EXPECT_EQ(finding(check_clock_skew), "");
}

TEST_F(DoctorMachineTest, ADiskThatIsNearlyFull) {
  machine_.disk_free = kGib / 2;
  EXPECT_EQ(finding(check_disk_space), "512 of 102400 MiB are free for db.path");
  machine_.disk_free = 4 * kGib;  // Less than a twentieth.
  EXPECT_NE(finding(check_disk_space), "");
  machine_.disk_free = 6 * kGib;
  EXPECT_EQ(finding(check_disk_space), "");
}

TEST_F(DoctorMachineTest, DescriptorsForTheConnectionsThatAreWanted) {
  set("limits.max_connections", "10000");
  machine_.descriptors_soft = 1'024;  // Raised by the server itself.
  EXPECT_EQ(finding(check_descriptors), "");
  machine_.descriptors_hard = 10'000;
  EXPECT_EQ(finding(check_descriptors),
            "limits.max_connections=10000 needs 10272 descriptors, and the limit is 10000");
}

TEST_F(DoctorMachineTest, DescriptorsWhenNoNumberIsWanted) {
  machine_.descriptors_soft = 1'024;
  EXPECT_EQ(finding(check_descriptors),
            "the limit of 1024 descriptors leaves about 752 connections");
  machine_.descriptors_soft = 100;
  EXPECT_EQ(finding(check_descriptors), "the limit of 100 descriptors leaves about 0 connections");
}

TEST_F(DoctorMachineTest, QueuesOfTheKernel) {
  machine_.somaxconn = 128;
  EXPECT_NE(finding(check_backlog), "");
  machine_.somaxconn = 4'096;
  machine_.syn_backlog = 128;
  EXPECT_NE(finding(check_backlog), "");
}

TEST_F(DoctorMachineTest, TheMachineIsRead) {
  const std::string folder = std::filesystem::temp_directory_path().string();
  set("db.path", (folder + "/chat.db").c_str());
  machine read = {};
  machine_read(&read, config_);
  EXPECT_TRUE(read.clock_known);
  EXPECT_TRUE(read.skew_known);
  EXPECT_LT(read.skew_seconds, 2);
  EXPECT_GT(read.skew_seconds, -2);
  EXPECT_TRUE(read.disk_known);
  EXPECT_GT(read.disk_total, read.disk_free);
  EXPECT_GT(read.somaxconn, 0U);
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    EXPECT_FALSE(entry.path().filename().string().starts_with(".securechatd-doctor"));
  }
  set("db.path", "/nonexistent/chat.db");
  machine_read(&read, config_);
  EXPECT_FALSE(read.skew_known);
  EXPECT_FALSE(read.disk_known);
}

TEST(MachineTest, FoldersOfFiles) {
  char folder[64];
  for (const auto& [path, expected] : {std::pair{"chat.db", "."},
                                       {"/chat.db", "/"},
                                       {"a/b/chat.db", "a/b"},
                                       {"/var/lib/chat.db", "/var/lib"}}) {
    machine_directory_of(path, folder, sizeof folder);
    EXPECT_STREQ(folder, expected);
  }
}

}  // namespace

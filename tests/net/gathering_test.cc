#include "net/gathering.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace securechat::net {
namespace {

FrameRef text(std::string_view payload) {
  return make_frame(Opcode::kText, payload);
}

std::string bytes_of(const std::vector<FrameRef>& frames, std::size_t count) {
  std::string bytes;
  for (std::size_t i = 0; i < count; ++i) bytes.append(frames[i].bytes());
  return bytes;
}

TEST(Gathering, PutsFramesIntoOnePiece) {
  Gathering gathering(16);
  const std::vector<FrameRef> frames = {text("one"), text(""), text("three")};
  const Gathering::Gathered all = gathering.gather(frames);
  EXPECT_EQ(all.frames, 3U);
  EXPECT_EQ(all.bytes, bytes_of(frames, 3));
}

TEST(Gathering, TheSameFramesAreCopiedOnce) {
  Gathering gathering(0);
  const std::vector<FrameRef> first = {text("one"), text("two")};
  const std::vector<FrameRef> second = first;
  const char* const copied = gathering.gather(first).bytes.data();
  const Gathering::Gathered again = gathering.gather(second);
  EXPECT_EQ(again.bytes.data(), copied);
  EXPECT_EQ(again.bytes, bytes_of(first, 2));
}

TEST(Gathering, WhoWaitsForSomethingElseGetsThat) {
  Gathering gathering(0);
  const FrameRef shared = text("to all");
  const std::vector<std::vector<FrameRef>> queues = {
      {shared},         {shared, text("ack")}, {text("ack"), shared}, {shared},
      {text("to all")}, {shared, shared},      {shared, text("x")},
  };
  for (const std::vector<FrameRef>& queue : queues) {
    const Gathering::Gathered gathered = gathering.gather(queue);
    ASSERT_EQ(gathered.frames, queue.size());
    ASSERT_EQ(gathered.bytes, bytes_of(queue, queue.size()));
  }
}

TEST(Gathering, IsBoundedAndSharesWhatFits) {
  Gathering gathering(0);
  const std::string large(Gathering::kBytes / 2, 'x');
  const std::vector<FrameRef> frames = {text(large), text("small"), text(large), text(large)};
  const Gathering::Gathered some = gathering.gather(frames);
  EXPECT_EQ(some.frames, 2U);
  EXPECT_EQ(some.bytes, bytes_of(frames, 2));
  const char* const copied = some.bytes.data();
  EXPECT_EQ(gathering.gather(frames).bytes.data(), copied);
  // These two alone are all there is, and all that the piece holds.
  const std::vector<FrameRef> two = {frames[0], frames[1]};
  EXPECT_EQ(gathering.gather(two).frames, 2U);
}

TEST(Gathering, AFrameThatIsLargerGoesAlone) {
  Gathering gathering(16);
  const std::vector<FrameRef> frames = {text(std::string(3 * Gathering::kBytes, 'x')), text("y")};
  const Gathering::Gathered first = gathering.gather(frames);
  EXPECT_EQ(first.frames, 1U);
  EXPECT_EQ(first.bytes, frames[0].bytes());
}

TEST(Gathering, ForgetsWhatItHeld) {
  Gathering gathering(0);
  { (void)gathering.gather(std::vector<FrameRef>{text("gone")}); }
  gathering.clear();
  const std::vector<FrameRef> next = {text("next")};
  EXPECT_EQ(gathering.gather(next).bytes, next[0].bytes());
}

}  // namespace
}  // namespace securechat::net

#include "net/wake_descriptor.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace securechat::net {
namespace {

TEST(WakeDescriptorTest, ItsNumberIsKeptTakenUntilItIsClosedAgain) {
  if (LWS_LIBRARY_VERSION_NUMBER >= 4'002'000) GTEST_SKIP() << "closes it less than once";
  lws_context_creation_info info = {};
  info.port = CONTEXT_PORT_NO_LISTEN;
  lws_context* context = lws_create_context(&info);
  ASSERT_NE(context, nullptr);
  WakeDescriptor wake;
  wake.find(*context);
  const int number = wake.descriptor();
  ASSERT_GE(number, 0);
  lws_context_destroy(context);
  ASSERT_LT(::fcntl(number, F_GETFD), 0) << "libwebsockets has closed it";
  wake.keep_number_taken();
  EXPECT_GE(::fcntl(number, F_GETFD), 0);
  EXPECT_EQ(::close(number), 0);
  wake.keep_number_taken();
  EXPECT_LT(::fcntl(number, F_GETFD), 0) << "once is enough";
}

}  // namespace
}  // namespace securechat::net

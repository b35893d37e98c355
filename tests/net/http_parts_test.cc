#include <gtest/gtest.h>

#include <string>

#include "net/http_pipeline.h"
#include "net/http_writer.h"

namespace securechat::net {
namespace {

HttpResponse text(std::string body) {
  HttpResponse response;
  response.content_type = "text/plain";
  response.body = std::move(body);
  return response;
}

std::string format(const HttpResponse& response, bool head_only = false, bool close = false) {
  std::string out;
  append_response(out, response, {{"X-Common", "yes"}}, head_only, close);
  return out;
}

TEST(HttpWriter, WholeAnswer) {
  EXPECT_EQ(format(text("hi")),
            "HTTP/1.1 200 OK\r\nX-Common: yes\r\nContent-Type: text/plain\r\n"
            "Content-Length: 2\r\n\r\nhi");
}

TEST(HttpWriter, HeadHasLengthButNoBody) {
  EXPECT_EQ(format(text("hi"), true, true),
            "HTTP/1.1 200 OK\r\nX-Common: yes\r\nContent-Type: text/plain\r\n"
            "Content-Length: 2\r\nConnection: close\r\n\r\n");
}

TEST(HttpWriter, NoContentHasNoLength) {
  HttpResponse response;
  response.status = 204;
  EXPECT_EQ(format(response), "HTTP/1.1 204 No Content\r\nX-Common: yes\r\n\r\n");
}

TEST(HttpWriter, OwnHeaderReplacesCommonOne) {
  HttpResponse response = text("");
  response.headers.emplace_back("x-common", "no");
  EXPECT_EQ(format(response).find("X-Common"), std::string::npos);
}

// Shows: R104
TEST(HttpWriter, NoHeaderCanBeForged) {
  HttpResponse response = text("");
  response.headers.emplace_back("Location", "/a\r\nSet-Cookie: b");
  response.headers.emplace_back("Bad\r\nName", "b");
  EXPECT_EQ(format(response).find("Set-Cookie"), std::string::npos);
  EXPECT_EQ(format(response).find("Bad"), std::string::npos);
}

TEST(HttpWriter, EveryStatusOfOursHasAPhrase) {
  for (const int status : {400, 403, 404, 405, 413, 414, 417, 426, 429, 431, 500, 501, 503}) {
    EXPECT_FALSE(reason_phrase(status).empty()) << status;
  }
}

TEST(HttpPipeline, AnswersLeaveInTheOrderOfRequests) {
  HttpPipeline pipeline;
  pipeline.open(1, false);
  pipeline.open(2, false);
  EXPECT_TRUE(pipeline.answer(2, text("second")));
  pipeline.advance({});
  EXPECT_TRUE(pipeline.output().empty());
  EXPECT_EQ(pipeline.unanswered(), std::vector<ExchangeId>{1});
  EXPECT_TRUE(pipeline.answer(1, text("first")));
  pipeline.advance({});
  const std::string output(pipeline.output());
  EXPECT_LT(output.find("first"), output.find("second"));
  EXPECT_EQ(pipeline.take_finished(), (std::vector<ExchangeId>{1, 2}));
  pipeline.consume(output.size());
  EXPECT_TRUE(pipeline.idle());
  EXPECT_FALSE(pipeline.ended());
}

TEST(HttpPipeline, AnAnswerCountsOnce) {
  HttpPipeline pipeline;
  pipeline.open(1, false);
  EXPECT_FALSE(pipeline.answer(7, text("whose?")));
  EXPECT_TRUE(pipeline.answer(1, text("a")));
  EXPECT_FALSE(pipeline.answer(1, text("b")));
}

TEST(HttpPipeline, NothingFollowsAnAnswerThatCloses) {
  HttpPipeline pipeline;
  pipeline.open(1, false);
  pipeline.open(2, false);
  HttpResponse last = text("last");
  last.close = true;
  pipeline.answer(1, last);
  pipeline.answer(2, text("too late"));
  pipeline.advance({});
  EXPECT_TRUE(pipeline.ended());
  EXPECT_EQ(pipeline.output().find("too late"), std::string::npos);
  EXPECT_NE(pipeline.output().find("Connection: close"), std::string::npos);
}

TEST(HttpPipeline, PartialWrites) {
  HttpPipeline pipeline;
  pipeline.open(1, false);
  pipeline.close_after_last();
  pipeline.answer(1, text(std::string(1'000, 'x')));
  pipeline.advance({});
  std::string written;
  while (!pipeline.output().empty()) {
    written += pipeline.output().substr(0, 7);
    pipeline.consume(std::min<std::size_t>(7, pipeline.output().size()));
  }
  EXPECT_TRUE(written.ends_with(std::string(1'000, 'x')));
}

}  // namespace
}  // namespace securechat::net

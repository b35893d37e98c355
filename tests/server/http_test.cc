#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "server/client_address.h"
#include "server/http_answers.h"
#include "server/json_body.h"
#include "server/session_answers.h"
#include "server/settings.h"
#include "server/static_files.h"

namespace securechat::server {
namespace {

net::RequestHead request(std::string_view path = "/") {
  net::RequestHead head;
  head.method = "GET";
  head.path = path;
  head.peer = *IpAddress::parse("10.0.0.1");
  return head;
}

std::string header_of(const net::HttpResponse& response, std::string_view name) {
  for (const auto& [key, value] : response.headers) {
    if (key == name) return value;
  }
  return "absent";
}

// Shows: R85 S24
TEST(ClientAddress, ForwardedForIsBelievedFromTrustedProxiesOnly) {
  const std::vector<Cidr> proxies{*Cidr::parse("10.0.0.0/8")};
  struct Row {
    const char* peer;
    const char* forwarded;
    const char* expected;
  };
  for (const Row& row : std::vector<Row>{
           {"10.0.0.1", "203.0.113.9", "203.0.113.9"},
           {"10.0.0.1", "198.51.100.1, 203.0.113.9", "203.0.113.9"},
           {"10.0.0.1", "203.0.113.9, 10.0.0.2", "203.0.113.9"},
           {"10.0.0.1", "203.0.113.9,10.0.0.2 ,10.1.1.1", "203.0.113.9"},
           {"10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"},
           {"10.0.0.1", "nonsense", "10.0.0.1"},
           {"10.0.0.1", "203.0.113.9, nonsense", "10.0.0.1"},
           {"10.0.0.1", "", "10.0.0.1"},
           {"10.0.0.1", "2001:db8::1", "2001:db8::1"},
           {"192.0.2.1", "203.0.113.9", "192.0.2.1"},
           {"10.0.0.1", "203.0.113.9:4711", "203.0.113.9"},
           {"10.0.0.1", "198.51.100.1, 203.0.113.9:65535, 10.0.0.2:80", "203.0.113.9"},
           {"10.0.0.1", "[2001:db8::1]:4711", "2001:db8::1"},
           {"10.0.0.1", "[2001:db8::1]", "2001:db8::1"},
           {"10.0.0.1", "203.0.113.9:65536", "10.0.0.1"},
           {"10.0.0.1", "203.0.113.9:", "10.0.0.1"},
           {"10.0.0.1", "203.0.113.9:-1", "10.0.0.1"},
           {"10.0.0.1", "[203.0.113.9]:80", "10.0.0.1"},
           {"10.0.0.1", "[2001:db8::1]80", "10.0.0.1"},
           {"10.0.0.1", "[2001:db8::1", "10.0.0.1"},
           {"10.0.0.1", "unknown", "10.0.0.1"},
           {"10.0.0.1", "127.0.0.1", "10.0.0.1"},
           {"10.0.0.1", "127.0.0.1, 10.1.1.1", "10.0.0.1"},
           {"10.0.0.1", "[::1]:80", "10.0.0.1"},
           {"10.0.0.1", "203.0.113.9, 127.0.0.1", "10.0.0.1"},
       }) {
    net::RequestHead head = request();
    head.peer = *IpAddress::parse(row.peer);
    head.headers.emplace_back("x-forwarded-for", row.forwarded);
    EXPECT_EQ(client_address(head, proxies).to_string(), row.expected) << row.forwarded;
    EXPECT_EQ(client_address(head, {}).to_string(), row.peer);
  }
}

// Shows: R85
TEST(ClientAddress, WhoIsForwardedIsNeverOfThisMachine) {
  const std::vector<Cidr> proxies{*Cidr::parse("127.0.0.1"), *Cidr::parse("10.0.0.0/8")};
  net::RequestHead head = request();
  EXPECT_FALSE(comes_from_loopback(head, proxies));
  head.peer = *IpAddress::parse("127.0.0.1");
  EXPECT_TRUE(comes_from_loopback(head, proxies)) << "the proxy itself";
  head.headers.emplace_back("x-forwarded-for", "");
  for (const char* forwarded : {"", ",", "unknown", "127.0.0.1", "127.0.0.1, 10.1.1.1", "::1",
                                "203.0.113.9", "1.2.3.4:555", "10.1.1.1"}) {
    head.headers.back().second = forwarded;
    EXPECT_FALSE(comes_from_loopback(head, proxies)) << forwarded;
    EXPECT_TRUE(comes_from_loopback(head, {})) << "nobody speaks for others";
  }
}

// Shows: R39
TEST(JsonBody, TakesStrictObjectsOnly) {
  EXPECT_TRUE(JsonBody::parse("{}"));
  for (const char* body : {"", "[]", "1", "null", "\"a\"", "{", "{}x", "{\"a\":1,\"a\":2}",
                           "{'a':1}", "{\"a\":\"\\ud800\"}", "\xEF\xBB\xBF{}"}) {
    EXPECT_FALSE(JsonBody::parse(body)) << body;
  }
}

TEST(JsonBody, KeepsANulApartFromBrokenJson) {
  const std::optional<JsonBody> body =
      JsonBody::parse(R"({"a":"x\u0000y","b":"\\u0000","c":7,"d":null})");
  ASSERT_TRUE(body);
  EXPECT_EQ(body->text("a"), std::string("x\0y", 3));
  EXPECT_EQ(body->text("b"), "\\u0000");
  EXPECT_EQ(body->text("c"), "");
  EXPECT_EQ(body->text("d"), "");
  EXPECT_EQ(body->text("absent"), "");
}

// Shows: R38
TEST(ContentType, NamesJsonWithAnyParameters) {
  for (const char* type :
       {"application/json", "application/json; charset=utf-8", "Application/JSON ;x=y"}) {
    EXPECT_TRUE(is_json_type(type)) << type;
  }
  for (const char* type :
       {"", "text/plain", "application/jsonx", "text/json", "application/x-www-form-urlencoded"}) {
    EXPECT_FALSE(is_json_type(type)) << type;
  }
  EXPECT_FALSE(is_json_type(std::nullopt));
}

// Shows: R80 R91 S32
TEST(Answers, EveryFaultHasItsRow) {
  struct Row {
    auth::Fault fault;
    int status;
    const char* body;
  };
  for (const Row& row : std::vector<Row>{
           {auth::Fault::kInvalidEmail, 400, R"({"error":"Invalid email","code":"INVALID_EMAIL"})"},
           {auth::Fault::kEmailExists, 409, R"({"error":"Email exists","code":"EMAIL_EXISTS"})"},
           {auth::Fault::kInvalidCredentials, 401,
            R"({"error":"Invalid credentials","code":"INVALID_CREDENTIALS"})"},
           {auth::Fault::kTokenReused, 401,
            R"({"error":"Invalid refresh token","code":"TOKEN_REUSED"})"},
           {auth::Fault::kBusy, 503, R"({"error":"Server busy","code":"BUSY"})"},
           {auth::Fault::kInternal, 500, R"({"error":"Internal error","code":"INTERNAL"})"},
       }) {
    const net::HttpResponse response = fault_answer(row.fault);
    EXPECT_EQ(response.status, row.status);
    EXPECT_EQ(response.body, row.body);
    EXPECT_EQ(header_of(response, "Cache-Control"), "no-store");
  }
  EXPECT_EQ(header_of(fault_answer(auth::Fault::kBusy), "Retry-After"), "1");
  EXPECT_EQ(header_of(status_answer(426), "Sec-WebSocket-Version"), "13");
}

TEST(Answers, TooManyAttemptsSaysWhenToComeBack) {
  const net::HttpResponse response = too_many_attempts({false, 5, 0, 1'001, 5'000}, 10'000);
  EXPECT_EQ(response.status, 429);
  EXPECT_EQ(header_of(response, "Retry-After"), "2");
  EXPECT_EQ(header_of(response, "X-RateLimit-Limit"), "5");
  EXPECT_EQ(header_of(response, "X-RateLimit-Remaining"), "0");
  EXPECT_EQ(header_of(response, "X-RateLimit-Reset"), "15");
}

// Shows: R81
TEST(Answers, OnlyAListedOriginMayRead) {
  const auth::OriginPolicy policy{{"http://localhost:3000"}, false, false};
  for (const auto& [origin, echoed] : std::vector<std::pair<std::string, std::string>>{
           {"http://localhost:3000", "http://localhost:3000"},
           {"http://localhost:30001", "absent"},
           {"http://evil", "absent"},
           {"null", "absent"},
       }) {
    net::RequestHead head = request();
    head.headers.emplace_back("origin", origin);
    net::HttpResponse response;
    add_cors(response, head.header("origin"), policy);
    EXPECT_EQ(header_of(response, "Access-Control-Allow-Origin"), echoed);
    EXPECT_EQ(header_of(response, "Vary"), "Origin");
  }
}

// Shows: R81
TEST(Answers, CookiesOfAListedOriginMayComeAlong) {
  const auth::OriginPolicy policy{{"http://localhost:3000"}, false, false, true};
  for (const auto& [origin, allowed] : std::vector<std::pair<std::string, std::string>>{
           {"http://localhost:3000", "true"}, {"http://evil", "absent"}, {"null", "absent"}}) {
    net::HttpResponse response;
    add_cors(response, origin, policy);
    EXPECT_EQ(header_of(response, "Access-Control-Allow-Credentials"), allowed) << origin;
  }
  EXPECT_EQ(header_of(preflight_answer(policy), "Access-Control-Allow-Headers"),
            "Content-Type, Authorization, X-CSRF-Token");
  EXPECT_EQ(header_of(preflight_answer({}), "Access-Control-Allow-Headers"),
            "Content-Type, Authorization");
}

// Shows: R36 S29
TEST(SessionAnswers, TokensTravelInTheBodyOrAsCookies) {
  auth::Outcome<auth::Grant> outcome{auth::Fault::kNone, {}};
  outcome.value.access_token = "access.a.b";
  outcome.value.refresh_token = "refresh.a.b";
  outcome.value.csrf_token = "csrf";
  outcome.value.expires_in_s = 60;
  outcome.value.refresh_expires_in_s = 120;
  const net::HttpResponse body = grant_answer(200, outcome, false, TokenCarrier::kBody);
  EXPECT_EQ(body.body, R"({"success":true,"accessToken":"access.a.b","refreshToken":"refresh.a.b",)"
                       R"("csrfToken":"csrf","expiresIn":60})");
  EXPECT_EQ(header_of(body, "Set-Cookie"), "absent");
  const net::HttpResponse cookies = grant_answer(201, outcome, true, TokenCarrier::kCookies);
  EXPECT_EQ(cookies.status, 201);
  EXPECT_EQ(cookies.body,
            R"({"success":true,"csrfToken":"csrf","expiresIn":60,"user":{"id":"","username":"",)"
            R"("email":""}})");
  std::vector<std::string> set;
  for (const auto& [name, value] : cookies.headers) {
    if (name == "Set-Cookie") set.push_back(value);
  }
  ASSERT_EQ(set.size(), 2U);
  EXPECT_TRUE(set[0].starts_with("__Host-securechat=access.a.b; ")) << set[0];
  EXPECT_TRUE(set[0].ends_with("; Max-Age=60")) << set[0];
  EXPECT_TRUE(set[1].starts_with("__Host-securechat-refresh=refresh.a.b; ")) << set[1];
  EXPECT_TRUE(set[1].ends_with("; Max-Age=120")) << set[1];
}

// Shows: R36
TEST(SessionAnswers, OnlyAnEndedSessionTakesItsCookiesAlong) {
  const net::HttpResponse ended = logout_answer(auth::Fault::kNone, TokenCarrier::kCookies);
  EXPECT_EQ(ended.status, 204);
  EXPECT_TRUE(header_of(ended, "Set-Cookie").ends_with("; Max-Age=0"));
  EXPECT_EQ(header_of(logout_answer(auth::Fault::kNone, TokenCarrier::kBody), "Set-Cookie"),
            "absent");
  const net::HttpResponse refused = logout_answer(auth::Fault::kCsrfFailed, TokenCarrier::kCookies);
  EXPECT_EQ(refused.status, 403);
  EXPECT_EQ(header_of(refused, "Set-Cookie"), "absent");
  EXPECT_EQ(
      header_of(grant_answer(200, {auth::Fault::kTokenReused, {}}, false, TokenCarrier::kCookies),
                "Set-Cookie"),
      "absent");
}

// Shows: R85
TEST(ClientAddress, OnlyATrustedProxySpeaksForItsClientsTls) {
  const std::vector<Cidr> proxies{*Cidr::parse("10.0.0.0/8")};
  net::RequestHead head = request();
  EXPECT_FALSE(client_uses_tls(head, proxies));
  head.headers.emplace_back("x-forwarded-proto", "https");
  EXPECT_TRUE(client_uses_tls(head, proxies));
  EXPECT_FALSE(client_uses_tls(head, {}));
  head.repeated.emplace_back("x-forwarded-proto");
  EXPECT_FALSE(client_uses_tls(head, proxies)) << "of two the first may be the client's own";
  head.repeated.clear();
  head.headers.back().second = "http";
  EXPECT_FALSE(client_uses_tls(head, proxies));
  head.tls = true;
  EXPECT_TRUE(client_uses_tls(head, {}));
}

// Shows: R79
TEST(SecurityHeaders, HstsIsForTlsOnly) {
  const auto has = [](bool tls, std::string_view name) {
    for (const auto& [key, value] : security_headers(tls, tls)) {
      if (key == name) return true;
    }
    return false;
  };
  EXPECT_TRUE(has(true, "Strict-Transport-Security"));
  EXPECT_FALSE(has(false, "Strict-Transport-Security"));
  EXPECT_TRUE(has(false, "Content-Security-Policy"));
  EXPECT_FALSE(has(true, "Server"));
}

class StaticFilesTest : public ::testing::Test {
 protected:
  StaticFilesTest() {
    std::string name = (std::filesystem::temp_directory_path() / "securechat-XXXXXX").string();
    folder = mkdtemp(name.data());
    std::filesystem::create_directory(folder / "sub");
    write("index.html", "<h1>");
    write("sub/app.js", "let a;");
    write(".env", "JWT_SECRET=x");
    std::filesystem::create_symlink("/etc/passwd", folder / "link.txt");
  }
  ~StaticFilesTest() override { std::filesystem::remove_all(folder); }
  void write(const std::string& name, const std::string& text) {
    std::ofstream(folder / name) << text;
  }
  std::filesystem::path folder;
};

// Shows: R50 R95
TEST_F(StaticFilesTest, ServesWhatIsThereAndNothingElse) {
  StaticFiles files;
  ASSERT_TRUE(files.load(folder.string()).ok());
  EXPECT_EQ(files.answer(request("/")).body, "<h1>");
  EXPECT_EQ(files.answer(request("/index.html")).content_type, "text/html; charset=utf-8");
  EXPECT_EQ(files.answer(request("/sub/app.js")).content_type, "text/javascript; charset=utf-8");
  for (const char* path : {"/.env", "/link.txt", "/sub", "/../etc/passwd", "/sub/../index.html",
                           "//index.html", "/INDEX.HTML"}) {
    EXPECT_EQ(files.answer(request(path)).status, 404) << path;
  }
}

TEST_F(StaticFilesTest, AnswersThatThePeerHasIt) {
  StaticFiles files;
  ASSERT_TRUE(files.load(folder.string()).ok());
  net::RequestHead head = request("/");
  head.headers.emplace_back("if-none-match", header_of(files.answer(head), "ETag"));
  const net::HttpResponse response = files.answer(head);
  EXPECT_EQ(response.status, 304);
  EXPECT_TRUE(response.body.empty());
}

TEST_F(StaticFilesTest, ComparesTagsWeaklyAndInLists) {
  StaticFiles files;
  ASSERT_TRUE(files.load(folder.string()).ok());
  const std::string etag = header_of(files.answer(request("/")), "ETag");
  struct Row {
    std::string if_none_match;
    int status;
  };
  for (const Row& row : std::vector<Row>{{"W/" + etag, 304},
                                         {"\"other\", W/\"x\" ,  " + etag, 304},
                                         {etag + ",", 304},
                                         {" * ", 304},
                                         {"\"other\"", 200},
                                         {etag.substr(1, etag.size() - 2), 200},
                                         {",", 200},
                                         {"", 200}}) {
    net::RequestHead head = request("/");
    head.headers.emplace_back("if-none-match", row.if_none_match);
    EXPECT_EQ(files.answer(head).status, row.status) << row.if_none_match;
  }
}

TEST_F(StaticFilesTest, AFolderThatIsNotThereIsNamed) {
  StaticFiles files;
  const std::string none = (folder / "none").string();
  for (const auto& [status, option] :
       {std::pair(files.load(none), "http.static_dir"),
        std::pair(files.load_client_bundle(none, "/"), "engine.client_dir")}) {
    EXPECT_EQ(status.code(), Code::kInvalid);
    EXPECT_NE(status.message().find(option), std::string::npos) << status.message();
    EXPECT_NE(status.message().find("name a folder"), std::string::npos) << status.message();
  }
}

TEST_F(StaticFilesTest, ServesTheClientBundleBelowTheEnginesPath) {
  write("socket.io.js", "io");
  write("socket.io.esm.min.js", "esm");
  write("socket.io.js.map", "{}");
  write("socket.io.txt", "no script");
  std::filesystem::create_directory(folder / "socket.io.dir.js");
  for (const char* prefix : {"/engine/", "/engine"}) {
    StaticFiles files;
    ASSERT_TRUE(files.load_client_bundle(folder.string(), prefix).ok());
    const net::HttpResponse script = files.answer(request("/engine/socket.io.js"));
    EXPECT_EQ(script.body, "io");
    EXPECT_EQ(script.content_type, "application/javascript; charset=utf-8");
    EXPECT_EQ(header_of(script, "Cache-Control"), "public, max-age=0");
    EXPECT_EQ(files.answer(request("/engine/socket.io.esm.min.js")).body, "esm");
    EXPECT_EQ(files.answer(request("/engine/socket.io.js.map")).content_type,
              "application/json; charset=utf-8");
    for (const char* path : {"/engine/socket.io.txt", "/engine/index.html", "/engine/",
                             "/engine/socket.io.dir.js", "/socket.io.js"}) {
      EXPECT_EQ(files.answer(request(path)).status, 404) << path;
    }
  }
}

TEST_F(StaticFilesTest, AFolderWithoutTheClientBundleIsRefused) {
  StaticFiles files;
  const Status status = files.load_client_bundle(folder.string(), "/socket.io/");
  EXPECT_EQ(status.code(), Code::kInvalid);
  EXPECT_NE(status.message().find("no socket.io.js in"), std::string::npos) << status.message();
  EXPECT_TRUE(files.empty());
}

}  // namespace
}  // namespace securechat::server

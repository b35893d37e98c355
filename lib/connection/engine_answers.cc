#include "connection/engine_answers.h"

#include <utility>

namespace securechat::connection {
namespace {

net::HttpResponse answer(int status, std::string_view content_type, std::string body) {
  net::HttpResponse response;
  response.status = status;
  response.content_type = content_type;
  response.body = std::move(body);
  response.headers.emplace_back("Cache-Control", "no-store");
  return response;
}

}  // namespace

net::HttpResponse poll_answer(std::string payload) {
  return answer(200, "text/plain; charset=UTF-8", std::move(payload));
}

net::HttpResponse post_answer() {
  return answer(200, "text/html", "ok");
}

net::HttpResponse engine_error_answer(int status, const protocol::engine_io::Error& error) {
  return answer(status, "application/json", protocol::engine_io::encode_error(error));
}

}  // namespace securechat::connection

#include "net/http_pipeline.h"

#include <utility>

#include "base/give_back.h"

namespace securechat::net {

void HttpPipeline::close_after_last() {
  if (!exchanges_.empty()) exchanges_.back().close = true;
}

bool HttpPipeline::answer(ExchangeId id, HttpResponse response) {
  for (Exchange& exchange : exchanges_) {
    if (exchange.id != id || exchange.response) continue;
    exchange.response = std::move(response);
    return true;
  }
  return false;
}

void HttpPipeline::advance(const HeaderList& common) {
  while (!ended_ && !exchanges_.empty() && exchanges_.front().response) {
    const Exchange& exchange = exchanges_.front();
    const bool close = exchange.close || exchange.response->close;
    append_response(output_, *exchange.response, common, exchange.head_only, close);
    finished_.push_back(exchange.id);
    exchanges_.pop_front();
    ended_ = close;
  }
}

void HttpPipeline::consume(std::size_t bytes) {
  written_ += bytes;
  if (written_ >= output_.size()) {
    give_back(output_);
    written_ = 0;
  }
}

std::vector<ExchangeId> HttpPipeline::unanswered() const {
  std::vector<ExchangeId> ids;
  for (const Exchange& exchange : exchanges_) {
    if (!exchange.response) ids.push_back(exchange.id);
  }
  return ids;
}

std::vector<ExchangeId> HttpPipeline::all() const {
  std::vector<ExchangeId> ids;
  for (const Exchange& exchange : exchanges_) ids.push_back(exchange.id);
  return ids;
}

}  // namespace securechat::net

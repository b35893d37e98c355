#pragma once

#include <cstddef>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/http_writer.h"
#include "net/transport.h"

namespace securechat::net {

// The requests of one connection that wait for their answers, in the order they came, and the
// bytes of the answers that wait to be written. An answer that comes early waits for those before
// it. Knows nothing of sockets.
class HttpPipeline {
 public:
  // More requests than this at once are a peer that does not read its answers.
  static constexpr std::size_t kMaxWaiting = 16;

  void open(ExchangeId id, bool head_only) { exchanges_.push_back({id, head_only, false, {}}); }
  // The connection ends after the newest request; a further one is not accepted.
  void close_after_last();
  // False when the id is not waiting here.
  bool answer(ExchangeId id, HttpResponse response);
  // Moves what may be written into the output: answers in order, up to the first missing one.
  void advance(const HeaderList& common);

  [[nodiscard]] std::string_view output() const {
    return std::string_view(output_).substr(written_);
  }
  void consume(std::size_t bytes);

  [[nodiscard]] std::size_t waiting() const { return exchanges_.size(); }
  [[nodiscard]] bool idle() const { return exchanges_.empty() && output().empty(); }
  // True once the last answer, the one that ends the connection, is in the output.
  [[nodiscard]] bool ended() const { return ended_; }
  // The requests that nobody has answered yet.
  [[nodiscard]] std::vector<ExchangeId> unanswered() const;
  // All requests in it, for the one who keeps them by id.
  [[nodiscard]] std::vector<ExchangeId> all() const;
  // Ids whose answers were moved to the output or dropped since the last call.
  [[nodiscard]] std::vector<ExchangeId> take_finished() { return std::exchange(finished_, {}); }

 private:
  struct Exchange {
    ExchangeId id;
    bool head_only;
    bool close;
    std::optional<HttpResponse> response;
  };
  std::list<Exchange> exchanges_;
  std::string output_;
  std::size_t written_ = 0;
  std::vector<ExchangeId> finished_;
  bool ended_ = false;
};

}  // namespace securechat::net

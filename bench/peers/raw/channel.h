#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

struct ssl_ctx_st;
struct ssl_st;

namespace securechat::bench::raw {

// One accepted connection, plain or TLS.
class Channel {
 public:
  Channel(int descriptor, ssl_ctx_st* tls);
  ~Channel();
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  // Appends what there is to `in`; false at the end.
  [[nodiscard]] bool read();
  // One system call where the connection takes it all; the rest waits. False when it is broken.
  [[nodiscard]] bool write(std::string_view bytes);
  [[nodiscard]] bool flush();
  [[nodiscard]] bool waiting() const { return !rest_.empty(); }

  const int descriptor;
  std::size_t place = 0;                      // In the server's list of those who are upgraded.
  std::vector<std::vector<Channel*>*> rooms;  // The members of those that it is in.
  bool upgraded = false;
  bool watched_for_write = false;
  bool has_replies = false;
  std::string in;
  std::string replies;  // For this one alone, until the end of the turn.

 private:
  [[nodiscard]] std::ptrdiff_t write_some(std::string_view bytes);
  ssl_st* ssl_ = nullptr;
  std::string rest_;
};

}  // namespace securechat::bench::raw

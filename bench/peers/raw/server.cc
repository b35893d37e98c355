// The limit of what a chat server can do on this machine: an epoll loop with nothing around it. By
// default what a turn brings is written once per connection at its end; with --each every message
// is one send() per connection at once, as what is said in a room always is.
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "raw/channel.h"
#include "raw/protocol.h"

namespace securechat::bench::raw {
namespace {

struct Options {
  bool each = false;
  std::string certificate;
  std::string key;
};

class Server {
 public:
  explicit Server(const Options& options) : each_(options.each), epoll_(::epoll_create1(0)) {
    if (!options.certificate.empty()) use_tls(options);
    listen();
  }

  [[noreturn]] void run() {
    for (;;) {
      std::array<epoll_event, 512> events;
      const int count = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
      for (int i = 0; i < count; ++i) {
        const epoll_event& event = events[static_cast<std::size_t>(i)];
        if (event.data.fd == listener_) {
          accept();
        } else {
          on_ready(event.data.fd, event.events);
        }
      }
      end_turn();
    }
  }

 private:
  void use_tls(const Options& options) {
    tls_ = ::SSL_CTX_new(::TLS_server_method());
    ::SSL_CTX_set_min_proto_version(tls_, TLS1_3_VERSION);
    ::SSL_CTX_set_mode(tls_, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                 SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    if (::SSL_CTX_use_certificate_chain_file(tls_, options.certificate.c_str()) != 1 ||
        ::SSL_CTX_use_PrivateKey_file(tls_, options.key.c_str(), SSL_FILETYPE_PEM) != 1) {
      throw std::runtime_error("--cert and --key cannot be used");
    }
  }

  void listen() {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        ::listen(listener_, 4096) != 0 ||
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
      throw std::runtime_error("cannot listen");
    }
    watch(EPOLL_CTL_ADD, listener_, EPOLLIN);
    std::printf("listening on %s://127.0.0.1:%u\n", tls_ == nullptr ? "http" : "https",
                static_cast<unsigned>(ntohs(address.sin_port)));
    std::fflush(stdout);
  }

  void watch(int operation, int descriptor, std::uint32_t events) {
    epoll_event event = {};
    event.events = events;
    event.data.fd = descriptor;
    ::epoll_ctl(epoll_, operation, descriptor, &event);
  }

  void accept() {
    for (;;) {
      const int descriptor = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK);
      if (descriptor < 0) return;
      const int on = 1;
      ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      channels_.emplace(descriptor, std::make_unique<Channel>(descriptor, tls_));
      watch(EPOLL_CTL_ADD, descriptor, EPOLLIN);
    }
  }

  void on_ready(int descriptor, std::uint32_t events) {
    const auto found = channels_.find(descriptor);
    if (found == channels_.end()) return;
    Channel& channel = *found->second;
    if ((events & EPOLLOUT) != 0 && !channel.flush()) return drop(channel);
    if ((events & ~static_cast<std::uint32_t>(EPOLLOUT)) != 0) {
      if (!channel.read() || !handle(channel)) return drop(channel);
    }
    update(channel);
  }

  // False when the connection is over.
  bool handle(Channel& channel) {
    if (!channel.upgraded) {
      const std::optional<std::string> answer = answer_upgrade(channel.in);
      if (!answer) return true;
      if (answer->empty() || !channel.write(*answer)) return false;
      channel.upgraded = true;
      channel.place = members_.size();
      members_.push_back(&channel);
    }
    std::size_t taken = 0;
    while (const auto frame = read_frame(channel.in.data() + taken, channel.in.size() - taken)) {
      taken += frame->bytes;
      if (frame->opcode == 8) return false;
      if (frame->opcode == 1) on_message(channel, frame->payload);
    }
    channel.in.erase(0, taken);
    if (channel.in.empty()) std::string().swap(channel.in);
    return true;
  }

  void on_message(Channel& channel, std::string_view payload) {
    const std::optional<Request> request = read_request(payload);
    if (!request) return;
    if (request->join) {
      std::vector<Channel*>& room = rooms_[request->room];
      room.push_back(&channel);
      channel.rooms.push_back(&room);
    } else if (!request->room.empty() && !request->echo) {
      const auto room = rooms_.find(request->room);
      if (room == rooms_.end()) return;
      for (Channel* member : room->second) send(*member, request->frame);
    } else if (request->echo) {
      reply(channel, request->frame);
    } else if (each_) {
      for (Channel* member : members_) send(*member, request->frame);
    } else {
      for_everyone_.append(request->frame);
    }
    if (request->ref != 0) reply(channel, ack_frame(request->ref));
  }

  void reply(Channel& channel, std::string_view frame) {
    if (each_) return send(channel, frame);
    channel.replies.append(frame);
    if (!channel.has_replies) replied_.push_back(channel.descriptor);
    channel.has_replies = true;
  }

  void send(Channel& channel, std::string_view bytes) {
    if (!channel.write(bytes)) broken_.push_back(channel.descriptor);
    if (channel.waiting()) update(channel);
  }

  void end_turn() {
    if (!for_everyone_.empty()) {
      for (Channel* member : members_) send(*member, for_everyone_);
      for_everyone_.clear();
    }
    for (const int descriptor : replied_) {
      const auto found = channels_.find(descriptor);
      if (found == channels_.end()) continue;
      send(*found->second, found->second->replies);
      std::string().swap(found->second->replies);
      found->second->has_replies = false;
    }
    replied_.clear();
    for (const int descriptor : broken_) {
      const auto found = channels_.find(descriptor);
      if (found != channels_.end()) drop(*found->second);
    }
    broken_.clear();
  }

  void update(Channel& channel) {
    if (channel.waiting() == channel.watched_for_write) return;
    channel.watched_for_write = channel.waiting();
    watch(EPOLL_CTL_MOD, channel.descriptor, EPOLLIN | (channel.waiting() ? EPOLLOUT : 0U));
  }

  void drop(Channel& channel) {
    if (channel.upgraded) {
      members_[channel.place] = members_.back();
      members_[channel.place]->place = channel.place;
      members_.pop_back();
    }
    for (std::vector<Channel*>* room : channel.rooms) std::erase(*room, &channel);
    channels_.erase(channel.descriptor);
  }

  const bool each_;
  const int epoll_;
  int listener_ = -1;
  ssl_ctx_st* tls_ = nullptr;
  std::unordered_map<int, std::unique_ptr<Channel>> channels_;
  std::vector<Channel*> members_;
  std::unordered_map<std::string, std::vector<Channel*>> rooms_;
  std::string for_everyone_;
  std::vector<int> replied_;
  std::vector<int> broken_;
};

Options read_options(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string_view name = argv[i];
    if (name == "--each") {
      options.each = true;
    } else if (name == "--cert" && i + 1 < argc) {
      options.certificate = argv[++i];
    } else if (name == "--key" && i + 1 < argc) {
      options.key = argv[++i];
    } else {
      throw std::invalid_argument("usage: peer-raw [--each] [--cert FILE --key FILE]");
    }
  }
  return options;
}

}  // namespace
}  // namespace securechat::bench::raw

int main(int argc, char** argv) {
  using namespace securechat::bench::raw;
  ::signal(SIGPIPE, SIG_IGN);
  try {
    Server(read_options(argc, argv)).run();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "peer-raw: %s\n", error.what());
    return 1;
  }
}

// A C++ host with two chat servers in one process: "staff" lets in only peers that send the header
// X-Team: staff; "public" refuses messages that shout and rewrites a word in the others. A thread
// of the host's own sends everybody the time. Ends when standard input ends.
//
// The secrets are made anew at each start, so that a restart signs everybody out; a real host keeps
// them. Messages live in memory.
#include <atomic>
#include <chrono>
#include <cstdio>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

#include <securechat.h>

namespace {

void check(securechat_status status, const char* what) {
  if (status != SECURECHAT_OK) {
    throw std::runtime_error(std::string(what) + ": " + securechat_last_error());
  }
}

// A text that the library handed over.
std::string take(char* text) {
  const std::unique_ptr<char, decltype(&securechat_free)> owned(text, &securechat_free);
  return std::string(owned.get());
}

class Config {
 public:
  Config() : config_(securechat_config_new(), &securechat_config_free) {
    if (!config_) throw std::bad_alloc();
  }
  Config& set(const std::string& key, const std::string& value) {
    check(securechat_config_set(config_.get(), key.c_str(), value.c_str()), key.c_str());
    return *this;
  }
  const securechat_config* get() const { return config_.get(); }

 private:
  std::unique_ptr<securechat_config, decltype(&securechat_config_free)> config_;
};

// Stops and destroys the server when it goes.
class Server {
 public:
  Server(const Config& config, const char* name) : name_(name) {
    check(securechat_server_create(config.get(), &server_), name);
  }
  ~Server() {
    securechat_server_stop(server_, 2000);
    securechat_server_destroy(server_);
  }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  securechat_server* get() const { return server_; }
  void start() {
    check(securechat_server_start(server_), name_);
    char* url = nullptr;
    check(securechat_server_url(server_, &url), name_);
    std::printf("%s: %s\n", name_, take(url).c_str());
    std::fflush(stdout);
  }
  void emit(const char* event, const std::string& json) {
    check(securechat_server_emit(server_, nullptr, event, json.data(), json.size()), event);
  }

 private:
  const char* name_;
  securechat_server* server_ = nullptr;
};

std::string new_secret() {
  std::random_device random;
  std::string secret;
  while (secret.size() < 64) secret += "0123456789abcdef"[random() % 16];
  return secret;
}

Config basic_config() {
  Config config;
  config.set("listen.port", "0").set("db.path", ":memory:");
  config.set("auth.jwt_secret", new_secret()).set("auth.refresh_secret", new_secret());
  config.set("origin.allow_missing", "true");  // Programs may connect, not only pages.
  return config;
}

securechat_verdict only_staff(securechat_handshake* handshake, void*) {
  size_t length = 0;
  const char* team = securechat_handshake_header(handshake, "X-Team", &length);
  if (team != nullptr && std::string(team, length) == "staff") return SECURECHAT_VERDICT_NEXT;
  securechat_handshake_reject(handshake, 403, "NOT_STAFF");
  return SECURECHAT_VERDICT_DENY;
}

securechat_verdict moderate(securechat_server*, securechat_message* message, void*) {
  size_t length = 0;
  const char* text = securechat_message_get(message, "body", &length);
  if (text == nullptr) return SECURECHAT_VERDICT_DENY;
  std::string body(text, length);
  if (body.size() > 3 && body.find_first_of("abcdefghijklmnopqrstuvwxyz") == std::string::npos) {
    securechat_message_deny(message, "Please do not shout");
    return SECURECHAT_VERDICT_DENY;
  }
  const std::size_t at = body.find("damn");
  if (at != std::string::npos) {
    body.replace(at, 4, "d***");
    securechat_message_set_body(message, body.data(), body.size());
  }
  return SECURECHAT_VERDICT_ALLOW;
}

void log_line(std::int32_t, const char* line, size_t, void* name) {
  std::fprintf(stderr, "[%s] %s\n", static_cast<const char*>(name), line);
}

void greet(securechat_server* server, securechat_session session, const char* user_id, const char*,
           void*) {
  securechat_target target{};
  target.struct_size = sizeof target;
  target.session = session;
  const std::string json = std::string("[{\"welcome\":\"") + user_id + "\"}]";
  securechat_server_emit(server, &target, "greeting", json.data(), json.size());
}

void run() {
  char staff_name[] = "staff";
  char public_name[] = "public";
  Server staff(basic_config(), staff_name);
  Server open(basic_config(), public_name);
  securechat_server_set_log(staff.get(), SECURECHAT_LOG_INFO, log_line, staff_name, nullptr);
  securechat_server_set_log(open.get(), SECURECHAT_LOG_INFO, log_line, public_name, nullptr);
  check(securechat_server_add_handshake_filter(staff.get(), "only-staff", 10, only_staff, nullptr,
                                               nullptr),
        "filter");
  check(securechat_server_on_message(open.get(), moderate, nullptr, nullptr), "on_message");
  check(securechat_server_on_connect(open.get(), greet, nullptr, nullptr), "on_connect");
  staff.start();
  open.start();

  std::atomic<bool> over{false};
  std::thread clock([&] {
    for (int tick = 1; !over; ++tick) {
      open.emit("tick", "[{\"n\":" + std::to_string(tick) + "}]");
      for (int i = 0; i < 10 && !over; ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
      }
    }
  });
  while (std::getchar() != EOF) {
  }
  over = true;
  clock.join();
}

}  // namespace

int main() {
  try {
    run();
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}

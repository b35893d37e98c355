#include "load/login_storm.h"

#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <array>
#include <stdexcept>

#include "load/frames.h"
#include "load/stream.h"

namespace securechat::bench {
namespace {

constexpr long kPauseMs = 100;

std::string login_request(const Endpoint& endpoint, std::size_t number) {
  const std::string body =
      R"({"email":"nobody)" + std::to_string(number) + R"(@example.org","password":"Wrong-1234"})";
  return "POST /api/auth/login HTTP/1.1\r\nHost: " + endpoint.host +
         "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

}  // namespace

// One connection; a timer's descriptor paces it.
class LoginStorm::Caller final : public Ready {
 public:
  Caller(LoginStorm& storm, std::size_t number)
      : storm_(storm),
        request_(login_request(storm.options_.endpoint, number)),
        timer_(::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)),
        waker_(*this) {
    storm_.loop_.add(timer_, EPOLLIN, waker_);
    connect();
  }
  ~Caller() {
    stream_.reset();
    ::close(timer_);
  }
  Caller(const Caller&) = delete;
  Caller& operator=(const Caller&) = delete;

  void on_ready(std::uint32_t /*events*/) override {
    if (!connected_) {
      const Stream::Progress progress = stream_->connect();
      if (progress == Stream::Progress::kBroken) throw std::runtime_error("a login broke off");
      if (progress == Stream::Progress::kWaits) return;
      connected_ = true;
      storm_.loop_.change(stream_->descriptor(), EPOLLIN, *this);
      ask();
      return;
    }
    std::array<char, 4096> buffer;
    const std::ptrdiff_t n = stream_->read(buffer);
    if (n < 0) {  // Between two requests a server may close.
      pause();
      return;
    }
    answer_.append(buffer.data(), static_cast<std::size_t>(n));
    if (const auto answer = read_answer(answer_)) judge(*answer);
  }

 private:
  // Tells the caller when its pause is over.
  class Waker final : public Ready {
   public:
    explicit Waker(Caller& caller) : caller_(caller) {}
    void on_ready(std::uint32_t /*events*/) override { caller_.resume(); }

   private:
    Caller& caller_;
  };

  void connect() {
    connected_ = false;
    answer_.clear();
    stream_ = std::make_unique<Stream>(storm_.options_.endpoint, 0);
    storm_.loop_.add(stream_->descriptor(), EPOLLIN | EPOLLOUT, *this);
  }

  void ask() {
    answer_.clear();
    if (!stream_->write(request_)) throw std::runtime_error("a login broke off");
  }

  void judge(const HttpAnswer& answer) {
    if (answer.status == 401) {
      ++storm_.answered_;
    } else if (answer.status == 503) {
      ++storm_.busy_;
    } else {
      throw std::runtime_error("a login was answered with " + std::to_string(answer.status));
    }
    if (answer.status == 503 || answer.closes) {
      pause();
    } else {
      ask();
    }
  }

  // A new connection after a while; this one's answer may say that it closes.
  void pause() {
    stream_.reset();
    itimerspec time = {};
    time.it_value.tv_nsec = kPauseMs * 1'000'000;
    ::timerfd_settime(timer_, 0, &time, nullptr);
  }

  void resume() {
    std::uint64_t expirations = 0;
    if (::read(timer_, &expirations, sizeof expirations) > 0) connect();
  }

  LoginStorm& storm_;
  const std::string request_;
  const int timer_;
  Waker waker_;
  std::unique_ptr<Stream> stream_;
  std::string answer_;
  bool connected_ = false;
};

LoginStorm::LoginStorm(const Options& options, EventLoop& loop) : options_(options), loop_(loop) {}

LoginStorm::~LoginStorm() = default;

void LoginStorm::start() {
  for (std::size_t i = 0; i < options_.logins; ++i) {
    callers_.push_back(std::make_unique<Caller>(*this, i));
  }
}

}  // namespace securechat::bench

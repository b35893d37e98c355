#include "auth/password_hasher.h"

#include <crypt.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "auth/rules.h"
#include "base/random.h"

namespace securechat::auth {
namespace {

constexpr int kMinCost = 4;
constexpr int kMaxCost = 31;
constexpr std::size_t kSaltBytes = 16;
constexpr std::size_t kDigestChars = 31;  // Behind the setting of 29 characters.
constexpr std::string_view kAlphabet =
    "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

// 32 KiB, too much for the stack; holds the password while the hash is made.
struct WipedData {
  crypt_data data{};
  ~WipedData() { wipe(&data, sizeof(data)); }
};

bool hashable(std::string_view password) {
  return password.size() <= kMaxPasswordBytes && password.find('\0') == std::string_view::npos;
}

// The hash under `setting`; empty when libxcrypt refuses the setting.
std::string bcrypt(std::string_view password, const std::string& setting) {
  const auto work = std::make_unique<WipedData>();
  static_assert(sizeof(work->data.input) > kMaxPasswordBytes);
  std::copy(password.begin(), password.end(), work->data.input);
  const char* hash = crypt_rn(work->data.input, setting.c_str(), &work->data, sizeof(work->data));
  return hash == nullptr || hash[0] == '*' ? std::string() : std::string(hash);
}

Result<std::string> new_setting(int cost) {
  std::array<unsigned char, kSaltBytes> salt{};
  if (Status status = random_bytes(salt); !status.ok()) {
    return status;
  }
  std::array<char, CRYPT_GENSALT_OUTPUT_SIZE> setting{};
  if (crypt_gensalt_rn("$2b$", static_cast<unsigned long>(cost),
                       reinterpret_cast<const char*>(salt.data()), kSaltBytes, setting.data(),
                       static_cast<int>(setting.size())) == nullptr) {
    return {Code::kUnsupported, "this system's libcrypt has no bcrypt; install libxcrypt 4.4"};
  }
  return std::string(setting.data());
}

// A hash of nothing: to check a password against it costs what a real one costs, and no password
// is known to match. Its digest is drawn instead of computed, which at a high cost takes minutes.
Result<std::string> make_dummy(int cost) {
  Result<std::string> dummy = new_setting(cost);
  std::array<unsigned char, kDigestChars> digest{};
  if (Status status = random_bytes(digest); !status.ok()) {
    return status;
  }
  if (dummy.ok()) {
    for (const unsigned char byte : digest) {
      dummy->push_back(kAlphabet[byte % kAlphabet.size()]);
    }
  }
  return dummy;
}

bool matches(const Secret& password, const std::string& stored) {
  const std::string hash = bcrypt(password.view(), stored);
  return !hash.empty() && constant_time_equal(hash, stored);
}

class BcryptHasher final : public PasswordHasher {
 public:
  BcryptHasher(WorkerPool& pool, int cost, std::string dummy)
      : pool_(pool), cost_(cost), dummy_(std::move(dummy)) {}

  // The tasks own all they need: they may run while the pool stops, after the hasher has gone.
  bool hash(Secret password, UniqueFunction<void(Result<std::string>)> done) override {
    return pool_.try_submit(
        [password = std::move(password), done = std::move(done), cost = cost_]() mutable {
          Result<std::string> setting = new_setting(cost);
          if (!hashable(password.view())) {
            setting = Status(Code::kInvalid, "a password has at most 72 bytes and no NUL");
          }
          if (setting.ok()) {
            setting = bcrypt(password.view(), *setting);
            if (setting.ok() && setting->empty()) {
              setting = Status(Code::kInternal, "libcrypt could not hash the password");
            }
          }
          password.clear();
          done(std::move(setting));
        });
  }

  bool verify(Secret password, std::string stored, UniqueFunction<void(bool)> done) override {
    // bcrypt would take a cut password for the whole one: such a password matches nothing, at the
    // same price.
    const bool possible = !stored.empty() && hashable(password.view());
    if (!possible) {
      password.clear();
      stored = dummy_;
    }
    return pool_.try_submit([password = std::move(password), stored = std::move(stored),
                             done = std::move(done), possible]() mutable {
      const bool same = matches(password, stored);
      password.clear();
      done(same && possible);
    });
  }

  [[nodiscard]] bool outdated(std::string_view stored) const override {
    // $2b$12$ and the salt.
    const std::string_view prefix = std::string_view(dummy_).substr(0, 7);
    return !stored.starts_with(prefix);
  }

 private:
  WorkerPool& pool_;
  const int cost_;
  const std::string dummy_;
};

}  // namespace

Result<std::unique_ptr<PasswordHasher>> PasswordHasher::create(WorkerPool& pool, int cost) {
  if (cost < kMinCost || cost > kMaxCost) {
    return {Code::kInvalid, "auth.bcrypt_cost is from 4 to 31"};
  }
  Result<std::string> dummy = make_dummy(cost);
  if (!dummy.ok()) {
    return dummy.status();
  }
  return std::unique_ptr<PasswordHasher>(
      std::make_unique<BcryptHasher>(pool, cost, std::move(*dummy)));
}

}  // namespace securechat::auth

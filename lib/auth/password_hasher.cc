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

bool hashable(std::string_view password, const Pepper* pepper) {
  return password.size() <= (pepper == nullptr ? kMaxPasswordBytes : kMaxPepperedBytes) &&
         password.find('\0') == std::string_view::npos;
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

// The hash under `setting` of a password that hashable() accepts.
Result<std::string> hash_of(const Secret& password, const std::string& setting,
                            const Pepper* pepper) {
  std::string hash;
  if (pepper == nullptr) {
    hash = bcrypt(password.view(), setting);
  } else {
    const Result<Secret> seasoned = pepper->season(password.view());
    if (!seasoned.ok()) {
      return seasoned.status();
    }
    hash = bcrypt(seasoned->view(), setting);
  }
  if (hash.empty()) {
    return {Code::kInternal, "libcrypt could not hash the password"};
  }
  return hash;
}

bool matches(const Secret& password, const std::string& stored, const Pepper* pepper) {
  const Result<std::string> hash = hash_of(password, stored, pepper);
  return hash.ok() && constant_time_equal(*hash, stored);
}

Result<std::string> new_hash(const Secret& password, int cost, const Pepper* pepper) {
  if (!hashable(password.view(), pepper)) {
    return {Code::kInvalid, "a password has at most 72 bytes, 1024 with a pepper, and no NUL"};
  }
  const Result<std::string> setting = new_setting(cost);
  if (!setting.ok()) {
    return setting.status();
  }
  Result<std::string> hash = hash_of(password, *setting, pepper);
  if (hash.ok() && pepper != nullptr) {
    hash->insert(0, pepper->mark());
  }
  return hash;
}

class BcryptHasher final : public PasswordHasher {
 public:
  BcryptHasher(WorkerPool& pool, int cost, std::string dummy, std::shared_ptr<const Pepper> pepper)
      : pool_(pool), cost_(cost), dummy_(std::move(dummy)), pepper_(std::move(pepper)) {}

  // The tasks own all they need: they may run while the pool stops, after the hasher has gone.
  bool hash(Secret password, UniqueFunction<void(Result<std::string>)> done) override {
    return pool_.try_submit([password = std::move(password), done = std::move(done), cost = cost_,
                             pepper = pepper_]() mutable {
      Result<std::string> hash = new_hash(password, cost, pepper.get());
      password.clear();
      done(std::move(hash));
    });
  }

  bool verify(Secret password, std::string stored, UniqueFunction<void(bool)> done) override {
    // bcrypt would take a cut password for the whole one: such a password matches nothing, at the
    // same price.
    const bool seasoned = pepper_ && stored.starts_with(pepper_->mark());
    if (seasoned) {
      stored.erase(0, pepper_->mark().size());
    }
    const std::shared_ptr<const Pepper> pepper = seasoned ? pepper_ : nullptr;
    const bool possible = stored.starts_with('$') && hashable(password.view(), pepper.get());
    if (!possible) {
      password.clear();
      stored = dummy_;
    }
    return pool_.try_submit([password = std::move(password), stored = std::move(stored),
                             done = std::move(done), pepper, possible]() mutable {
      const bool same = matches(password, stored, pepper.get());
      password.clear();
      done(same && possible);
    });
  }

  [[nodiscard]] bool outdated(std::string_view stored) const override {
    if (pepper_ && !stored.starts_with(pepper_->mark())) {
      return true;
    }
    stored.remove_prefix(pepper_ ? pepper_->mark().size() : 0);
    // $2b$12$ and the salt.
    const std::string_view prefix = std::string_view(dummy_).substr(0, 7);
    return !stored.starts_with(prefix);
  }

 private:
  WorkerPool& pool_;
  const int cost_;
  const std::string dummy_;
  const std::shared_ptr<const Pepper> pepper_;
};

}  // namespace

Result<std::unique_ptr<PasswordHasher>> PasswordHasher::create(
    WorkerPool& pool, int cost, std::shared_ptr<const Pepper> pepper) {
  if (cost < kMinCost || cost > kMaxCost) {
    return {Code::kInvalid, "auth.bcrypt_cost is from 4 to 31"};
  }
  Result<std::string> dummy = make_dummy(cost);
  if (!dummy.ok()) {
    return dummy.status();
  }
  return std::unique_ptr<PasswordHasher>(
      std::make_unique<BcryptHasher>(pool, cost, std::move(*dummy), std::move(pepper)));
}

}  // namespace securechat::auth

#include "auth/password_hasher.h"

#include <crypt.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <utility>
#include <vector>

#include "auth/rules.h"
#include "base/random.h"

namespace securechat::auth {
namespace {

constexpr int kMinCost = 4;
constexpr int kMaxCost = 31;
constexpr std::size_t kSaltBytes = 16;
constexpr std::size_t kDigestChars = 31;  // Behind the setting of 29 characters.
constexpr std::size_t kPrefixChars = 7;   // $2b$12$, before the salt.
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

// 2^cost of a hash or a setting of bcrypt such as $2b$12$ and the salt; 0 for anything else.
std::uint64_t rounds_of(std::string_view setting) {
  if (setting.size() < kPrefixChars || !setting.starts_with("$2") || setting[3] != '$' ||
      setting[6] != '$') {
    return 0;
  }
  const int cost = (setting[4] - '0') * 10 + (setting[5] - '0');
  return cost < kMinCost || cost > kMaxCost ? 0 : std::uint64_t{1} << static_cast<unsigned>(cost);
}

// What the tasks of a hasher share, which may run after it has gone.
struct Work {
  std::vector<std::string> dummies;  // One of each cost from kMinCost on, up to the dearest.
  std::atomic<std::uint64_t> rounds{0};
};

// The hash under `setting`; empty when libxcrypt refuses the setting.
std::string bcrypt(std::string_view password, const std::string& setting, Work& shared) {
  const auto work = std::make_unique<WipedData>();
  static_assert(sizeof(work->data.input) > kMaxPasswordBytes);
  std::copy(password.begin(), password.end(), work->data.input);
  const char* hash = crypt_rn(work->data.input, setting.c_str(), &work->data, sizeof(work->data));
  if (hash == nullptr || hash[0] == '*') return {};
  shared.rounds += rounds_of(setting);
  return hash;
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
                            const Pepper* pepper, Work& shared) {
  std::string hash;
  if (pepper == nullptr) {
    hash = bcrypt(password.view(), setting, shared);
  } else {
    const Result<Secret> seasoned = pepper->season(password.view());
    if (!seasoned.ok()) {
      return seasoned.status();
    }
    hash = bcrypt(seasoned->view(), setting, shared);
  }
  if (hash.empty()) {
    return {Code::kInternal, "libcrypt could not hash the password"};
  }
  return hash;
}

// Makes up for what a check of less than the dearest hash took too little: 2^n - 2^k rounds are
// those of one hash of each cost from k to n - 1.
void spend_rest(std::uint64_t spent, Work& shared) {
  const std::string& dearest = shared.dummies.back();
  if (spent == 0) {
    (void)bcrypt({}, dearest, shared);  // Only the time of it is wanted.
    return;
  }
  for (const std::string& dummy : shared.dummies) {
    if (rounds_of(dummy) >= spent && rounds_of(dummy) < rounds_of(dearest)) {
      (void)bcrypt({}, dummy, shared);
    }
  }
}

bool matches(const Secret& password, const std::string& stored, const Pepper* pepper,
             Work& shared) {
  const Result<std::string> hash = hash_of(password, stored, pepper, shared);
  const bool same = hash.ok() && constant_time_equal(*hash, stored);
  // A hash that libxcrypt refuses took no time, one that is not bcrypt's some that nobody knows.
  if (!same) spend_rest(hash.ok() ? rounds_of(stored) : 0, shared);
  return same;
}

Result<std::string> new_hash(const Secret& password, int cost, const Pepper* pepper, Work& shared) {
  if (!hashable(password.view(), pepper)) {
    return {Code::kInvalid, "a password has at most 72 bytes, 1024 with a pepper, and no NUL"};
  }
  const Result<std::string> setting = new_setting(cost);
  if (!setting.ok()) {
    return setting.status();
  }
  Result<std::string> hash = hash_of(password, *setting, pepper, shared);
  if (hash.ok() && pepper != nullptr) {
    hash->insert(0, pepper->mark());
  }
  return hash;
}

class BcryptHasher final : public PasswordHasher {
 public:
  BcryptHasher(WorkerPool& pool, int cost, std::shared_ptr<Work> shared,
               std::shared_ptr<const Pepper> pepper)
      : pool_(pool), cost_(cost), shared_(std::move(shared)), pepper_(std::move(pepper)) {}

  // The tasks own all they need: they may run while the pool stops, after the hasher has gone.
  bool hash(Secret password, UniqueFunction<void(Result<std::string>)> done) override {
    return pool_.try_submit([password = std::move(password), done = std::move(done), cost = cost_,
                             pepper = pepper_, shared = shared_]() mutable {
      Result<std::string> hash = new_hash(password, cost, pepper.get(), *shared);
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
      stored = shared_->dummies.back();
    }
    return pool_.try_submit([password = std::move(password), stored = std::move(stored),
                             done = std::move(done), pepper, possible, shared = shared_]() mutable {
      const bool same = matches(password, stored, pepper.get(), *shared);
      password.clear();
      done(same && possible);
    });
  }

  [[nodiscard]] bool outdated(std::string_view stored) const override {
    if (pepper_ && !stored.starts_with(pepper_->mark())) {
      return true;
    }
    stored.remove_prefix(pepper_ ? pepper_->mark().size() : 0);
    const std::string& dummy = shared_->dummies[static_cast<std::size_t>(cost_ - kMinCost)];
    return !stored.starts_with(std::string_view(dummy).substr(0, kPrefixChars));
  }

  [[nodiscard]] std::uint64_t rounds() const override { return shared_->rounds; }

 private:
  WorkerPool& pool_;
  const int cost_;
  const std::shared_ptr<Work> shared_;
  const std::shared_ptr<const Pepper> pepper_;
};

}  // namespace

Result<std::unique_ptr<PasswordHasher>> PasswordHasher::create(WorkerPool& pool, int cost,
                                                               std::shared_ptr<const Pepper> pepper,
                                                               int dearest) {
  if (cost < kMinCost || cost > kMaxCost) {
    return {Code::kInvalid, "auth.bcrypt_cost is from 4 to 31"};
  }
  auto shared = std::make_shared<Work>();
  for (int each = kMinCost; each <= std::max(cost, std::min(dearest, kMaxCost)); ++each) {
    Result<std::string> dummy = make_dummy(each);
    if (!dummy.ok()) {
      return dummy.status();
    }
    shared->dummies.push_back(std::move(*dummy));
  }
  return std::unique_ptr<PasswordHasher>(
      std::make_unique<BcryptHasher>(pool, cost, std::move(shared), std::move(pepper)));
}

}  // namespace securechat::auth

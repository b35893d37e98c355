#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/secret.h"
#include "base/status.h"

namespace securechat::auth {

// What begins every stored hash that was made with a pepper.
inline constexpr std::string_view kPepperFamily = "p1.";
// A peppered password may be this long; bcrypt alone reads kMaxPasswordBytes.
inline constexpr std::size_t kMaxPepperedBytes = 1024;

// A secret outside of the database that goes into every password hash, so that who has the database
// alone cannot guess: bcrypt(base64(hmac-sha384(password, pepper))). Any thread.
class Pepper {
 public:
  static Result<std::shared_ptr<const Pepper>> create(Secret key);

  // Begins the hashes that were made with this pepper, and tells it from another one.
  [[nodiscard]] const std::string& mark() const { return mark_; }
  // What bcrypt is given: 64 characters.
  [[nodiscard]] Result<Secret> season(std::string_view password) const;

 private:
  Pepper(Secret key, std::string mark) : key_(std::move(key)), mark_(std::move(mark)) {}
  const Secret key_;
  const std::string mark_;
};

}  // namespace securechat::auth

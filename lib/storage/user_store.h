#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace securechat::storage {

struct User {
  std::string id;  // 32 lower-case hex digits.
  std::string username;
  std::string email;      // As given, trimmed.
  std::string email_key;  // Trimmed and lower-cased; unique.
  std::string password_hash;
  std::string role = "user";
  bool enabled = true;
  std::int64_t created_at_ms = 0;
  std::string claimed_name = {};  // A name nobody else may claim; empty: he claims none.
  // Registered by somebody who has not shown yet that the address is his.
  bool pending = false;
};

// Accounts. All calls run inside a unit of work.
class UserStore {
 public:
  virtual ~UserStore() = default;
  // kExists when the e-mail or the claimed name is taken; the unique indexes decide, never a check
  // before.
  virtual Status insert(const User& user) = 0;
  // Each find answers nullopt when there is no such user, a failed Result when the database fails.
  virtual Result<std::optional<User>> find(std::string_view id) = 0;
  virtual Result<std::optional<User>> find_by_email(std::string_view email_key) = 0;
  virtual Result<std::optional<User>> find_by_username(std::string_view username) = 0;
  virtual Result<std::vector<User>> list() = 0;
  // Gives a user a name of his own, unless another one has it: then nothing changes.
  virtual Status claim_name(std::string_view id, std::string_view claimed_name) = 0;
  // Whether some password hash begins with `family`, but not with `mark`.
  virtual Result<bool> has_hash_outside(std::string_view family, std::string_view mark) = 0;
  // The highest cost of the bcrypt hashes; 0 when there is none.
  virtual Result<int> highest_bcrypt_cost() = 0;
  // kNotFound when there is no such user.
  virtual Status set_password_hash(std::string_view id, std::string_view hash) = 0;
  virtual Status set_role(std::string_view id, std::string_view role) = 0;
  // Either way the user is pending no longer.
  virtual Status set_enabled(std::string_view id, bool enabled) = 0;
  virtual Status remove(std::string_view id) = 0;
};

}  // namespace securechat::storage

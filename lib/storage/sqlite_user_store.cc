#include "base/text.h"
#include "storage/sqlite_statement.h"
#include "storage/sqlite_stores.h"

namespace securechat::storage {
namespace {

constexpr const char* kNoUser = "There is no such user.";

User read_user(const Statement& row) {
  User user;
  user.id = row.text(0);
  user.username = row.text(1);
  user.email = row.text(2);
  user.email_key = row.text(3);
  user.password_hash = row.text(4);
  user.role = row.text(5);
  user.enabled = row.boolean(6);
  user.created_at_ms = row.integer(7);
  user.claimed_name = row.text(8);
  user.pending = row.boolean(9);
  return user;
}

Result<std::optional<User>> read_one(Statement& query) {
  if (query.step()) {
    return std::optional<User>(read_user(query));
  }
  if (!query.status().ok()) {
    return query.status();
  }
  return std::optional<User>();
}

class SqliteUserStore final : public UserStore {
 public:
  explicit SqliteUserStore(SqliteConnection& connection) : connection_(connection) {}

  Status insert(const User& user) override {
    const std::string username_key = ascii_lower(user.username);
    Status status = Statement(connection_,
                              "INSERT INTO users (id, username, username_key, email, email_key,"
                              " password_hash, role, enabled, created_at_ms, claimed_name,"
                              " pending) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, NULLIF(?, ''), ?)",
                              user.id, user.username, username_key, user.email, user.email_key,
                              user.password_hash, user.role, user.enabled, user.created_at_ms,
                              user.claimed_name, user.pending)
                        .run();
    if (status.code() != Code::kExists) {
      return status;
    }
    // The primary key is random: that it is taken is a defect, not a taken e-mail.
    if (connection_.last_error() == SQLITE_CONSTRAINT_PRIMARYKEY) {
      return Status(Code::kInternal, "The id of the user is taken.");
    }
    return Status(Code::kExists, "The e-mail address or the name is taken.");
  }

  Result<std::optional<User>> find(std::string_view id) override {
    Statement query(connection_,
                    "SELECT id, username, email, email_key, password_hash, role, enabled,"
                    " created_at_ms, claimed_name, pending FROM users WHERE id = ?",
                    id);
    return read_one(query);
  }

  Result<std::optional<User>> find_by_email(std::string_view email_key) override {
    Statement query(connection_,
                    "SELECT id, username, email, email_key, password_hash, role, enabled,"
                    " created_at_ms, claimed_name, pending FROM users WHERE email_key = ?",
                    email_key);
    return read_one(query);
  }

  Result<std::optional<User>> find_by_username(std::string_view username) override {
    const std::string username_key = ascii_lower(username);
    Statement query(connection_,
                    "SELECT id, username, email, email_key, password_hash, role, enabled,"
                    " created_at_ms, claimed_name, pending FROM users WHERE username_key = ?"
                    " ORDER BY username = ? DESC, rowid LIMIT 1",
                    username_key, username);
    return read_one(query);
  }

  Result<std::vector<User>> list() override {
    Statement query(connection_,
                    "SELECT id, username, email, email_key, password_hash, role, enabled,"
                    " created_at_ms, claimed_name, pending FROM users ORDER BY rowid");
    std::vector<User> users;
    while (query.step()) {
      users.push_back(read_user(query));
    }
    if (!query.status().ok()) {
      return query.status();
    }
    return users;
  }

  Status claim_name(std::string_view id, std::string_view claimed_name) override {
    return Statement(connection_, "UPDATE OR IGNORE users SET claimed_name = ? WHERE id = ?",
                     claimed_name, id)
        .run();
  }

  Result<bool> has_hash_outside(std::string_view family, std::string_view mark) override {
    Statement query(connection_,
                    "SELECT 1 FROM users WHERE substr(password_hash, 1, length(?)) = ?"
                    " AND substr(password_hash, 1, length(?)) <> ? LIMIT 1",
                    family, family, mark, mark);
    const bool found = query.step();
    if (!query.status().ok()) {
      return query.status();
    }
    return found;
  }

  Result<int> highest_bcrypt_cost() override {
    // $2b$12$ and the salt, perhaps behind the mark of a pepper.
    Statement query(connection_,
                    "SELECT max(CAST(substr(password_hash, instr(password_hash, '$2') + 4, 2)"
                    " AS INTEGER)) FROM users WHERE"
                    " substr(password_hash, instr(password_hash, '$2')) GLOB"
                    " '$2?$[0-3][0-9]$*'");
    const std::int64_t cost = query.step() ? query.integer(0) : 0;
    if (!query.status().ok()) {
      return query.status();
    }
    return static_cast<int>(cost);
  }

  Status set_password_hash(std::string_view id, std::string_view hash) override {
    return Statement(connection_, "UPDATE users SET password_hash = ? WHERE id = ?", hash, id)
        .run_for_row(kNoUser);
  }

  Status set_role(std::string_view id, std::string_view role) override {
    return Statement(connection_, "UPDATE users SET role = ? WHERE id = ?", role, id)
        .run_for_row(kNoUser);
  }

  Status set_enabled(std::string_view id, bool enabled) override {
    return Statement(connection_, "UPDATE users SET enabled = ?, pending = 0 WHERE id = ?", enabled,
                     id)
        .run_for_row(kNoUser);
  }

  Status remove(std::string_view id) override {
    return Statement(connection_, "DELETE FROM users WHERE id = ?", id).run_for_row(kNoUser);
  }

 private:
  SqliteConnection& connection_;
};

}  // namespace

std::unique_ptr<UserStore> make_sqlite_user_store(SqliteConnection& connection) {
  return std::make_unique<SqliteUserStore>(connection);
}

}  // namespace securechat::storage

#include "storage/migrations.h"

#include <sqlite3.h>
#include <sys/stat.h>

#include "fixture.h"
#include "storage/database_file.h"
#include "storage/sqlite_statement.h"

namespace securechat::storage {
namespace {

constexpr Migration kFirst{"CREATE TABLE a (x INTEGER) STRICT; INSERT INTO a VALUES (1);"};
constexpr Migration kSecond{
    "CREATE TABLE b (x INTEGER) STRICT; INSERT INTO b SELECT x + 1 FROM a;"};
constexpr Migration kBroken{"CREATE TABLE c (x INTEGER) STRICT; INSERT INTO nowhere VALUES (1);"};

class MigrationsTest : public StorageTest {
 protected:
  std::unique_ptr<SqliteConnection> connect(const std::string& file) {
    Result<std::unique_ptr<SqliteConnection>> connection =
        SqliteConnection::open(file, SqliteConnection::Mode::kReadWrite, 100, faults_);
    EXPECT_TRUE(connection.ok()) << connection.message();
    return *std::move(connection);
  }
  Status bring(const std::vector<Migration>& migrations) {
    Result<std::string> file = prepare_database_file(options_.path);
    EXPECT_TRUE(file.ok());
    const std::unique_ptr<SqliteConnection> connection = connect(*file);
    Status status = check_schema(*connection, migrations);
    if (status.ok()) {
      status = connection->configure();
    }
    return status.ok() ? migrate(*connection, migrations, clock_, log_) : status;
  }
  std::int64_t ask(const std::string& file, const char* sql) {
    const std::unique_ptr<SqliteConnection> connection = connect(file);
    Statement query(*connection, sql);
    return query.step() ? query.integer(0) : -1;
  }
  std::vector<std::string> backups() {
    std::vector<std::string> files;
    for (const auto& entry : std::filesystem::directory_iterator(directory_)) {
      if (entry.path().extension() == ".bak") {
        files.push_back(entry.path().string());
      }
    }
    return files;
  }
  FaultLog faults_{clock_, log_};
};

TEST_F(MigrationsTest, ANewFileGetsTheNewestVersionWithoutABackup) {
  ASSERT_TRUE(bring({kFirst, kSecond}).ok());
  EXPECT_EQ(ask(options_.path, "PRAGMA user_version"), 2);
  EXPECT_EQ(ask(options_.path, "SELECT x FROM b"), 2);
  EXPECT_TRUE(backups().empty());
  ASSERT_TRUE(bring({kFirst, kSecond}).ok());
  EXPECT_EQ(ask(options_.path, "SELECT count(*) FROM a"), 1);
}

// Shows: R94
TEST_F(MigrationsTest, AnOlderSchemaIsBackedUpAndMigrated) {
  ASSERT_TRUE(bring({kFirst}).ok());
  ASSERT_EQ(ask(options_.path, "INSERT INTO a VALUES (40) RETURNING x"), 40);
  const Status status = bring({kFirst, kSecond});
  ASSERT_TRUE(status.ok()) << status.message();
  EXPECT_EQ(ask(options_.path, "PRAGMA user_version"), 2);
  EXPECT_EQ(ask(options_.path, "SELECT max(x) FROM b"), 41);
  ASSERT_EQ(backups().size(), 1U);
  const std::string backup = backups().front();
  EXPECT_EQ(backup.rfind(options_.path + ".v1.", 0), 0U) << backup;
  struct stat entry {};
  ASSERT_EQ(::stat(backup.c_str(), &entry), 0);
  EXPECT_EQ(entry.st_mode & 0777U, 0600U);
  EXPECT_EQ(ask(backup, "PRAGMA user_version"), 1);
  EXPECT_EQ(ask(backup, "SELECT max(x) FROM a"), 40);
  EXPECT_EQ(ask(backup, "SELECT count(*) FROM sqlite_schema WHERE name = 'b'"), 0);
}

// Shows: R94
TEST_F(MigrationsTest, AFailedMigrationChangesNothing) {
  ASSERT_TRUE(bring({kFirst}).ok());
  const Status status = bring({kFirst, kSecond, kBroken});
  EXPECT_EQ(status.code(), Code::kDatabase);
  EXPECT_NE(status.message().find("nowhere"), std::string::npos) << status.message();
  EXPECT_EQ(ask(options_.path, "PRAGMA user_version"), 1);
  EXPECT_EQ(ask(options_.path, "SELECT count(*) FROM sqlite_schema"), 1);
  EXPECT_TRUE(backups().empty());
  EXPECT_TRUE(bring({kFirst, kSecond}).ok());
}

// Shows: R94
TEST_F(MigrationsTest, ANewerSchemaIsRefusedAndUntouched) {
  ASSERT_TRUE(bring({kFirst, kSecond}).ok());
  const Status status = bring({kFirst});
  EXPECT_EQ(status.code(), Code::kDatabase);
  EXPECT_NE(status.message().find("version 2"), std::string::npos) << status.message();
  EXPECT_EQ(ask(options_.path, "PRAGMA user_version"), 2);
}

TEST_F(MigrationsTest, TheLibraryRefusesAFileOfALaterRelease) {
  open()->close();
  const auto known = static_cast<std::int64_t>(schema_migrations().size());
  EXPECT_EQ(ask(options_.path, "PRAGMA user_version"), known);
  ask(options_.path, "PRAGMA user_version=99");
  Result<std::unique_ptr<Database>> database = try_open();
  EXPECT_EQ(database.code(), Code::kDatabase);
  EXPECT_NE(database.message().find("schema version 99"), std::string::npos);
  EXPECT_EQ(ask(options_.path, "PRAGMA user_version"), 99);
}

// Names were shared before version 5: whoever has one keeps it, and nobody has claimed it.
// Shows: R43 R94
TEST_F(MigrationsTest, UsersOfOneNameSurviveTheMigration) {
  const std::span<const Migration> known = schema_migrations();
  ASSERT_TRUE(bring({known.begin(), known.begin() + 4}).ok());
  for (const char* number : {"1", "2"}) {
    const std::string insert =
        std::string("INSERT INTO users (id, username, username_key, email, email_key,") +
        " password_hash, role, enabled, created_at_ms) VALUES ('id" + number +
        "', 'Ann', 'ann', 'e', 'key" + number + "', 'h', 'user', 1, 7) RETURNING enabled";
    ASSERT_EQ(ask(options_.path, insert.c_str()), 1);
  }
  std::unique_ptr<Database> database = open();
  ASSERT_NE(database, nullptr);
  EXPECT_EQ(ask(options_.path,
                "SELECT count(*) FROM users WHERE username = 'Ann' AND claimed_name IS NULL"),
            2);
}

// Version 1 numbered messages in their rooms only. They keep 0 as their place in the order of all
// commits: before everything that a client can name.
TEST_F(MigrationsTest, AFileOfVersion1GoesOn) {
  const std::span<const Migration> known = schema_migrations();
  ASSERT_TRUE(bring({known.begin(), known.begin() + 1}).ok());
  ASSERT_EQ(ask(options_.path,
                "INSERT INTO rooms (id, nsp, name, owner_id, is_private, last_seq, created_at_ms)"
                " VALUES (1, '/', 'lobby', '', 0, 2, 5) RETURNING id"),
            1);
  for (const char* seq : {"1", "2"}) {
    const std::string insert =
        std::string("INSERT INTO messages (room_id, seq, id, user_id, username, body, client_id,") +
        " created_at_ms) VALUES (1, " + seq + ", 'id-" + seq + "', 'u', 'U', 'old', NULL, 7)" +
        " RETURNING seq";
    ASSERT_EQ(ask(options_.path, insert.c_str()), std::stoi(seq));
  }
  std::unique_ptr<Database> database = open();
  ASSERT_NE(database, nullptr);
  ASSERT_EQ(backups().size(), 1U);
  EXPECT_EQ(ask(backups().front(), "PRAGMA user_version"), 1);
  Message message = make_message(3);
  Missed missed;
  const Status status = database->write_and_wait([&](Stores& stores) {
    Result<std::int64_t> newest = stores.messages.newest_commit();
    EXPECT_EQ(newest.ok() ? *newest : -1, 0);
    bool duplicate = false;
    if (Status stored = stores.messages.append(message, duplicate); !stored.ok()) return stored;
    Result<Missed> answer = stores.messages.missed({.rooms = {{"lobby", 0}}});
    if (answer.ok()) missed = *std::move(answer);
    return answer.status();
  });
  ASSERT_TRUE(status.ok()) << status.message();
  EXPECT_EQ(message.seq, 3);
  EXPECT_EQ(message.commit_seq, 1);
  ASSERT_EQ(missed.messages.size(), 1U) << "what was said before the numbers is known to all";
  EXPECT_EQ(missed.messages[0].seq, 3);
  EXPECT_EQ(seqs(*database), numbers_to(3));
}

// Shows: R92 R96
TEST_F(MigrationsTest, TheConnectionIsHardened) {
  open()->close();
  const std::unique_ptr<SqliteConnection> connection = connect(options_.path);
  ASSERT_TRUE(connection->configure().ok());
  const auto ask_open = [&](const char* sql) {
    Statement query(*connection, sql);
    return query.step() ? query.integer(0) : -1;
  };
  EXPECT_EQ(ask_open("PRAGMA synchronous"), 2);
  EXPECT_EQ(ask_open("PRAGMA foreign_keys"), 1);
  EXPECT_EQ(ask_open("PRAGMA trusted_schema"), 0);
  EXPECT_EQ(ask_open("PRAGMA busy_timeout"), 100);
  EXPECT_EQ(ask_open("PRAGMA temp_store"), 2);
  int defensive = 0;
  sqlite3_db_config(connection->handle(), SQLITE_DBCONFIG_DEFENSIVE, -1, &defensive);
  EXPECT_EQ(defensive, 1);
  EXPECT_FALSE(connection->execute("ATTACH ':memory:' AS other").ok());
  EXPECT_FALSE(connection->execute("SELECT load_extension('x')").ok());
}

}  // namespace
}  // namespace securechat::storage

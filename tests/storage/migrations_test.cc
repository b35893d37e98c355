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

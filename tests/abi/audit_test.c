/* The audit log as a host sees it: lines by a callback, and a file that can be verified. */
#include <fcntl.h>
#include <unistd.h>

#include "expect.h"

struct heard {
  int lines, starts, stops, destroyed;
};

static void hear(int32_t level, const char* message, size_t len, void* user_data) {
  struct heard* heard = user_data;
  EXPECT(level == SECURECHAT_LOG_INFO || level == SECURECHAT_LOG_WARN);
  EXPECT(strlen(message) == len && message[0] == '{' && message[len - 1] == '}');
  ++heard->lines;
  heard->starts += strstr(message, "\"event\":\"server.start\"") != NULL;
  heard->stops += strstr(message, "\"event\":\"server.stop\"") != NULL;
}

static void forget(void* user_data) {
  ++((struct heard*)user_data)->destroyed;
}

static void lines_reach_the_host(void) {
  securechat_server* server = new_server();
  struct heard first = {0, 0, 0, 0}, second = {0, 0, 0, 0};
  EXPECT_STATUS(securechat_server_set_audit(server, hear, &first, forget), SECURECHAT_OK);
  EXPECT_STATUS(securechat_server_set_audit(server, hear, &second, forget), SECURECHAT_OK);
  EXPECT_STATUS(securechat_server_start(server), SECURECHAT_OK);
  EXPECT_STATUS(securechat_server_stop(server, 1000), SECURECHAT_OK);
  EXPECT_STATUS(securechat_server_destroy(server), SECURECHAT_OK);
  EXPECT(first.lines == 0 && first.destroyed == 1);
  EXPECT(second.lines == 2 && second.starts == 1 && second.stops == 1 && second.destroyed == 1);
}

static securechat_status verify(const securechat_config* config, const char* path, char** report) {
  const int fd = open(path, O_RDONLY);
  securechat_status status;
  EXPECT(fd >= 0);
  status = securechat_audit_verify(config, fd, report);
  EXPECT(close(fd) == 0);
  return status;
}

static void a_file_is_verified(const char* path) {
  securechat_config* config = good_config();
  securechat_config* keyless = good_config();
  securechat_server* server = NULL;
  char* report = NULL;
  int fd;
  EXPECT_STATUS(securechat_config_set(config, "log.audit_file", path), SECURECHAT_OK);
  EXPECT_STATUS(securechat_config_set(config, "log.audit_key", "a9Zr2mVx0bNc7LkTj5HgYd3FsWp9AeUi6"),
                SECURECHAT_OK);
  EXPECT_STATUS(securechat_server_create(config, &server), SECURECHAT_OK);
  EXPECT_STATUS(securechat_server_start(server), SECURECHAT_OK);
  EXPECT_STATUS(securechat_server_destroy(server), SECURECHAT_OK);

  EXPECT_STATUS(verify(config, path, &report), SECURECHAT_OK);
  EXPECT(strstr(report, "\"intact\":true,\"lines\":2,\"first_seq\":1,\"last_seq\":2") != NULL);
  securechat_free(report);
  EXPECT_STATUS(verify(keyless, path, &report), SECURECHAT_ERR_AUTH);
  EXPECT(report == NULL);

  fd = open(path, O_WRONLY | O_APPEND);
  EXPECT(fd >= 0 && write(fd, "forged\n", 7) == 7 && close(fd) == 0);
  EXPECT_STATUS(verify(config, path, &report), SECURECHAT_ERR_DENIED);
  EXPECT(strstr(report, "{\"line\":3,\"fault\":true") != NULL);
  securechat_free(report);

  EXPECT_STATUS(securechat_audit_verify(config, -1, &report), SECURECHAT_ERR_INVALID);
  EXPECT_STATUS(securechat_audit_verify(config, 0, NULL), SECURECHAT_ERR_INVALID);
  EXPECT_STATUS(securechat_audit_verify(NULL, 0, &report), SECURECHAT_ERR_INVALID);
  securechat_config_free(keyless);
  securechat_config_free(config);
}

int main(void) {
  char folder[] = "/tmp/securechat-audit-XXXXXX";
  char path[64];
  EXPECT(mkdtemp(folder) != NULL);
  snprintf(path, sizeof path, "%s/audit.log", folder);
  lines_reach_the_host();
  a_file_is_verified(path);
  unlink(path);
  rmdir(folder);
  return 0;
}

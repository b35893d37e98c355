/* Checks for tests in plain C: a failure says where and what the library said, and ends the test.
 */
#ifndef SECURECHAT_TESTS_EXPECT_H
#define SECURECHAT_TESTS_EXPECT_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <securechat.h>

#define EXPECT(condition)                                                              \
  do {                                                                                 \
    if (!(condition)) {                                                                \
      fprintf(stderr, "%s:%d: %s\n  last error: %s\n", __FILE__, __LINE__, #condition, \
              securechat_last_error());                                                \
      exit(1);                                                                         \
    }                                                                                  \
  } while (0)

#define EXPECT_STATUS(call, expected)                                                              \
  do {                                                                                             \
    const securechat_status got_ = (call);                                                         \
    if (got_ != (expected)) {                                                                      \
      fprintf(stderr, "%s:%d: %s\n  gave %d (%s), not %d\n  last error: %s\n", __FILE__, __LINE__, \
              #call, (int)got_, securechat_strerror(got_), (int)(expected),                        \
              securechat_last_error());                                                            \
      exit(1);                                                                                     \
    }                                                                                              \
  } while (0)

/* A configuration that a server accepts: free port, database in memory, cheap hashes. */
static inline securechat_config* good_config(void) {
  static const char* const values[][2] = {
      {"listen.port", "0"},
      {"db.path", ":memory:"},
      {"auth.jwt_secret", "0123456789abcdef0123456789abcdef"},
      {"auth.refresh_secret", "fedcba9876543210fedcba9876543210"},
      {"auth.bcrypt_cost", "4"},
      {"auth.allow_weak_hash", "true"},
      {"origin.allow_missing", "true"},
  };
  securechat_config* config = securechat_config_new();
  size_t i;
  EXPECT(config != NULL);
  for (i = 0; i < sizeof values / sizeof values[0]; ++i) {
    EXPECT_STATUS(securechat_config_set(config, values[i][0], values[i][1]), SECURECHAT_OK);
  }
  return config;
}

static inline securechat_server* new_server(void) {
  securechat_config* config = good_config();
  securechat_server* server = NULL;
  EXPECT_STATUS(securechat_server_create(config, &server), SECURECHAT_OK);
  EXPECT(server != NULL);
  securechat_config_free(config);
  return server;
}

static inline void count_destroy(void* count) {
  ++*(int*)count;
}

#endif

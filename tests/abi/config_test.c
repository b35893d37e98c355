/* Versions, errors, and the configuration as C sees it. */
#include <pthread.h>

#include "expect.h"

static void versions(void) {
  EXPECT(securechat_version() == SECURECHAT_VERSION);
  EXPECT(strcmp(securechat_version_string(), SECURECHAT_VERSION_STRING) == 0);
  EXPECT(securechat_has_feature("tls") == 1);
  EXPECT(securechat_has_feature("time-travel") == 0);
  EXPECT(securechat_has_feature(NULL) == 0);
  EXPECT(strcmp(securechat_strerror(SECURECHAT_OK), "success") == 0);
  EXPECT(strcmp(securechat_strerror(SECURECHAT_ERR_INTERNAL), "internal error") == 0);
  EXPECT(strcmp(securechat_strerror(-16), "unknown status") == 0);
  EXPECT(strcmp(securechat_strerror(1), "unknown status") == 0);
  EXPECT(strcmp(securechat_strerror(INT32_MIN), "unknown status") == 0);
}

static void set_and_get(void) {
  securechat_config* config = securechat_config_new();
  char* value = NULL;
  EXPECT_STATUS(securechat_config_get(config, "listen.port", &value), SECURECHAT_OK);
  EXPECT(strcmp(value, "3000") == 0);
  securechat_free(value);
  EXPECT_STATUS(securechat_config_set(config, "listen.port", "4000"), SECURECHAT_OK);
  EXPECT_STATUS(securechat_config_set(config, "listen.port", "x"), SECURECHAT_ERR_INVALID);
  EXPECT(strstr(securechat_last_error(), "listen.port") != NULL);
  EXPECT_STATUS(securechat_config_get(config, "listen.port", &value), SECURECHAT_OK);
  EXPECT(strcmp(value, "4000") == 0);
  securechat_free(value);
  EXPECT_STATUS(securechat_config_set(config, "limits.mesages", "1"), SECURECHAT_ERR_INVALID);
  EXPECT(strstr(securechat_last_error(), "limits.messages") != NULL);
  value = (char*)config;
  EXPECT_STATUS(securechat_config_get(config, "no.such", &value), SECURECHAT_ERR_INVALID);
  EXPECT(value == NULL);
  EXPECT_STATUS(securechat_config_load_file(config, "/nonexistent.json"), SECURECHAT_ERR_INVALID);
  EXPECT(strstr(securechat_last_error(), "/nonexistent.json") != NULL);
  EXPECT_STATUS(securechat_config_load_env(config, "/nonexistent.env"), SECURECHAT_ERR_INVALID);
  EXPECT_STATUS(securechat_config_load_env(config, NULL), SECURECHAT_OK);
  securechat_config_free(config);
}

/* Shows: R88 */
static void secrets_stay_out_of_errors(void) {
  securechat_config* config = good_config();
  securechat_server* server = NULL;
  EXPECT_STATUS(securechat_config_set(config, "auth.jwt_secret", "short-but-secret"),
                SECURECHAT_OK);
  EXPECT_STATUS(securechat_server_create(config, &server), SECURECHAT_ERR_INVALID);
  EXPECT(server == NULL);
  EXPECT(strstr(securechat_last_error(), "auth.jwt_secret") != NULL);
  EXPECT(strstr(securechat_last_error(), "gen-secret") != NULL);
  EXPECT(strstr(securechat_last_error(), "short-but-secret") == NULL);
  securechat_config_free(config);
}

static void describe(void) {
  const securechat_option* option = NULL;
  size_t i;
  for (i = 0; securechat_config_describe(i, &option) == SECURECHAT_OK; ++i) {
    EXPECT(option->struct_size == sizeof *option);
    EXPECT(*option->key != '\0' && *option->type != '\0' && *option->help != '\0');
    EXPECT(option->default_value != NULL && *option->environment != '\0');
  }
  EXPECT(i > 50);
  EXPECT(option == NULL);
  EXPECT_STATUS(securechat_config_describe((size_t)-1, &option), SECURECHAT_ERR_NOT_FOUND);
}

static void* other_thread(void* unused) {
  (void)unused;
  EXPECT(*securechat_last_error() == '\0');
  EXPECT_STATUS(securechat_config_set(NULL, "other", "1"), SECURECHAT_ERR_INVALID);
  EXPECT(*securechat_last_error() != '\0');
  return NULL;
}

static void each_thread_has_its_error(void) {
  securechat_config* config = securechat_config_new();
  pthread_t thread;
  EXPECT_STATUS(securechat_config_set(config, "mine.alone", "1"), SECURECHAT_ERR_INVALID);
  EXPECT(pthread_create(&thread, NULL, other_thread, NULL) == 0);
  EXPECT(pthread_join(thread, NULL) == 0);
  EXPECT(strstr(securechat_last_error(), "mine.alone") != NULL);
  securechat_config_free(config);
}

int main(void) {
  versions();
  set_and_get();
  secrets_stay_out_of_errors();
  describe();
  each_thread_has_its_error();
  return 0;
}

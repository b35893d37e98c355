#include "configuration.h"

#include <string.h>
#include <sys/random.h>

securechat_status configuration_read(const struct command_line* line, securechat_config** out) {
  securechat_config* config = securechat_config_new();
  securechat_status status = config == NULL ? SECURECHAT_ERR_NO_MEMORY : SECURECHAT_OK;
  size_t i;
  *out = NULL;
  if (status == SECURECHAT_OK && line->config_file != NULL) {
    status = securechat_config_load_file(config, line->config_file);
  }
  if (status == SECURECHAT_OK) status = securechat_config_load_env(config, NULL);
  if (status == SECURECHAT_OK && line->env_file != NULL) {
    status = securechat_config_load_env(config, line->env_file);
  }
  for (i = 0; status == SECURECHAT_OK && i < line->setting_count; ++i) {
    status = securechat_config_set(config, line->settings[i].key, line->settings[i].value);
  }
  if (status != SECURECHAT_OK) {
    securechat_config_free(config);
    return status;
  }
  *out = config;
  return SECURECHAT_OK;
}

int configuration_new_secret(char secret[SECRET_DIGITS + 1]) {
  static const char digits[] = "0123456789abcdef";
  unsigned char bytes[SECRET_DIGITS / 2];
  size_t i;
  if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes) return -1;
  for (i = 0; i < sizeof bytes; ++i) {
    secret[2 * i] = digits[bytes[i] >> 4];
    secret[2 * i + 1] = digits[bytes[i] & 15];
  }
  secret[SECRET_DIGITS] = '\0';
  explicit_bzero(bytes, sizeof bytes);
  return 0;
}

static securechat_status fill_secret(securechat_config* config, const char* key) {
  char secret[SECRET_DIGITS + 1];
  char* value = NULL;
  securechat_status status = securechat_config_get(config, key, &value);
  if (status == SECURECHAT_OK && *value == '\0') {
    status = configuration_new_secret(secret) == 0 ? securechat_config_set(config, key, secret)
                                                   : SECURECHAT_ERR_INTERNAL;
  }
  if (value != NULL) explicit_bzero(value, strlen(value));
  securechat_free(value);
  return status;
}

securechat_status configuration_fill_secrets(securechat_config* config, int access_too) {
  securechat_status status = SECURECHAT_OK;
  if (access_too) status = fill_secret(config, "auth.jwt_secret");
  return status == SECURECHAT_OK ? fill_secret(config, "auth.refresh_secret") : status;
}

#include <stdio.h>
#include <string.h>

#include "configuration.h"
#include "password.h"
#include "verbs.h"
#include <securechat.h>

int verb_gen_secret(void) {
  char secret[SECRET_DIGITS + 1];
  if (configuration_new_secret(secret) != 0) {
    fputs("securechatd: the system gave no random bytes\n", stderr);
    return EXIT_RUNTIME;
  }
  puts(secret);
  explicit_bzero(secret, sizeof secret);
  return EXIT_CLEAN;
}

static int check_token(securechat_config* config, const char* token) {
  securechat_server* server = NULL;
  char* claims = NULL;
  int result = EXIT_CLEAN;
  securechat_status status = configuration_fill_secrets(config, 0);
  if (status == SECURECHAT_OK) status = securechat_server_create(config, &server);
  if (status != SECURECHAT_OK) result = EXIT_USAGE;
  if (status == SECURECHAT_OK) status = securechat_token_verify(server, token, &claims);
  if (status == SECURECHAT_OK) {
    puts(claims);
  } else {
    fprintf(stderr, "securechatd: %s\n", securechat_last_error());
    if (result == EXIT_CLEAN) result = EXIT_RUNTIME;
  }
  securechat_free(claims);
  securechat_server_destroy(server);
  return result;
}

int verb_check_token(const struct command_line* line) {
  securechat_config* config = NULL;
  char typed[8192];
  const char* token = line->words[1];
  int result;
  if (line->word_count != 2) {
    fputs("securechatd: check-token takes one token, or - to read it from stdin\n", stderr);
    return EXIT_USAGE;
  }
  if (strcmp(token, "-") == 0) {
    token = typed;
    if (password_read_line(typed, sizeof typed) != 0) {
      fputs("securechatd: stdin holds no token\n", stderr);
      return EXIT_USAGE;
    }
  }
  if (configuration_read(line, &config) != SECURECHAT_OK) {
    fprintf(stderr, "securechatd: %s\n", securechat_last_error());
    return EXIT_USAGE;
  }
  result = check_token(config, token);
  securechat_config_free(config);
  return result;
}

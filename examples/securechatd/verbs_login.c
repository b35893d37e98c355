#include <stdio.h>
#include <string.h>

#include "configuration.h"
#include "json_text.h"
#include "verbs.h"
#include <securechat.h>

enum { FIELD_SIZE = 1024 };

static int failed(void) {
  fprintf(stderr, "securechatd: %s\n", securechat_last_error());
  return EXIT_RUNTIME;
}

static void print_login(const char* login) {
  char sid[FIELD_SIZE], created[FIELD_SIZE], used[FIELD_SIZE], expires[FIELD_SIZE];
  if (json_member(login, "sid", sid, sizeof sid) == 0 &&
      json_member(login, "createdAt", created, sizeof created) == 0 &&
      json_member(login, "lastUsedAt", used, sizeof used) == 0 &&
      json_member(login, "expiresAt", expires, sizeof expires) == 0) {
    printf("%-32s  since %s, used %s, ends %s\n", sid, created, used, expires);
  }
}

static int list(const struct command_line* line, securechat_server* server) {
  char id[FIELD_SIZE];
  char* user = NULL;
  char* logins = NULL;
  const char* login;
  if (securechat_user_find(server, line->words[2], &user) != SECURECHAT_OK) return failed();
  if (json_member(user, "id", id, sizeof id) != 0) id[0] = '\0';
  securechat_free(user);
  if (securechat_login_list(server, id, &logins) != SECURECHAT_OK) return failed();
  if (line->json) {
    puts(logins);
  } else {
    for (login = logins[1] == '{' ? logins + 1 : NULL; login != NULL;
         login = json_next_object(login)) {
      print_login(login);
    }
  }
  securechat_free(logins);
  return EXIT_CLEAN;
}

/* An external issuer's logins are not in the database: only their names can be remembered. */
static int revoke(const char* name, int external, securechat_server* server) {
  const securechat_status status =
      external ? securechat_token_revoke(server, name, 0) : securechat_login_revoke(server, name);
  return status == SECURECHAT_OK ? EXIT_CLEAN : failed();
}

static int has_issuer(const securechat_config* config) {
  char* path = NULL;
  const int has =
      securechat_config_get(config, "auth.public_key", &path) == SECURECHAT_OK && *path != '\0';
  securechat_free(path);
  return has;
}

int verb_login(const struct command_line* line) {
  securechat_config* config = NULL;
  securechat_server* server = NULL;
  int result;
  if (line->word_count != 3 ||
      (strcmp(line->words[1], "list") != 0 && strcmp(line->words[1], "revoke") != 0)) {
    fputs("securechatd: usage: securechatd login list WHO [--json], or login revoke SID\n", stderr);
    return EXIT_USAGE;
  }
  if (configuration_read(line, &config) != SECURECHAT_OK ||
      configuration_fill_secrets(config, 1) != SECURECHAT_OK ||
      securechat_server_create(config, &server) != SECURECHAT_OK) {
    failed();
    result = EXIT_USAGE;
  } else if (strcmp(line->words[1], "list") == 0) {
    result = list(line, server);
  } else {
    result = revoke(line->words[2], has_issuer(config), server);
  }
  securechat_config_free(config);
  securechat_server_destroy(server);
  return result;
}

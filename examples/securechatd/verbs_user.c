#include <stdio.h>
#include <string.h>

#include "configuration.h"
#include "json_text.h"
#include "password.h"
#include "verbs.h"
#include <securechat.h>

enum { ID_SIZE = 128, FIELD_SIZE = 1024, PASSWORD_SIZE = 256 };

static int failed(void) {
  fprintf(stderr, "securechatd: %s\n", securechat_last_error());
  return EXIT_RUNTIME;
}

static int misused(const char* how) {
  fprintf(stderr, "securechatd: usage: securechatd user %s\n", how);
  return EXIT_USAGE;
}

static int add(const struct command_line* line, securechat_server* server) {
  char password[PASSWORD_SIZE];
  char* id = NULL;
  securechat_status status;
  if (password_read(line->password_stdin, password, sizeof password) != 0) return EXIT_RUNTIME;
  status = securechat_user_create(server, line->username, line->email, password, &id);
  explicit_bzero(password, sizeof password);
  if (status != SECURECHAT_OK) return failed();
  if (line->role != NULL && securechat_user_set_role(server, id, line->role) != SECURECHAT_OK) {
    /* Said before the account goes, whose removal may fail with words of its own. */
    failed();
    securechat_user_remove(server, id);
    securechat_free(id);
    return EXIT_RUNTIME;
  }
  printf("added %s\n", id);
  securechat_free(id);
  return EXIT_CLEAN;
}

static void print_user(const char* user) {
  char id[FIELD_SIZE], username[FIELD_SIZE], email[FIELD_SIZE], role[FIELD_SIZE], on[FIELD_SIZE];
  char pending[FIELD_SIZE];
  if (json_member(user, "id", id, sizeof id) == 0 &&
      json_member(user, "username", username, sizeof username) == 0 &&
      json_member(user, "email", email, sizeof email) == 0 &&
      json_member(user, "role", role, sizeof role) == 0 &&
      json_member(user, "enabled", on, sizeof on) == 0 &&
      json_member(user, "pending", pending, sizeof pending) == 0) {
    printf("%-32s  %-8s  %-8s  %s <%s>\n", id, role,
           strcmp(on, "true") == 0        ? "enabled"
           : strcmp(pending, "true") == 0 ? "pending"
                                          : "disabled",
           username, email);
  }
}

static int list(const struct command_line* line, securechat_server* server) {
  char* users = NULL;
  const char* user;
  if (securechat_user_list(server, &users) != SECURECHAT_OK) return failed();
  if (line->json) {
    puts(users);
  } else {
    for (user = users[1] == '{' ? users + 1 : NULL; user != NULL; user = json_next_object(user)) {
      print_user(user);
    }
  }
  securechat_free(users);
  return EXIT_CLEAN;
}

static int change(const char* verb, const char* who, const char* role, securechat_server* server) {
  char id[ID_SIZE];
  char* user = NULL;
  securechat_status status = securechat_user_find(server, who, &user);
  if (status != SECURECHAT_OK) return failed();
  if (json_member(user, "id", id, sizeof id) != 0) id[0] = '\0';
  securechat_free(user);
  if (strcmp(verb, "delete") == 0) {
    status = securechat_user_remove(server, id);
  } else if (strcmp(verb, "set-role") == 0) {
    status = securechat_user_set_role(server, id, role);
  } else {
    status = securechat_user_set_enabled(server, id, strcmp(verb, "enable") == 0);
  }
  return status == SECURECHAT_OK ? EXIT_CLEAN : failed();
}

/* Whether the words fit a verb; says how they should when they do not. */
static int check_usage(const struct command_line* line) {
  const char* verb = line->word_count > 1 ? line->words[1] : "";
  if (strcmp(verb, "add") == 0) {
    const int fits = line->word_count == 2 && line->email != NULL && line->username != NULL;
    return fits ? EXIT_CLEAN : misused("add --email E --username U [--role R] [--password-stdin]");
  }
  if (strcmp(verb, "list") == 0)
    return line->word_count == 2 ? EXIT_CLEAN : misused("list [--json]");
  if (strcmp(verb, "set-role") == 0) {
    return line->word_count == 4 ? EXIT_CLEAN : misused("set-role WHO ROLE");
  }
  if (strcmp(verb, "disable") == 0 || strcmp(verb, "enable") == 0 || strcmp(verb, "delete") == 0) {
    return line->word_count == 3 ? EXIT_CLEAN : misused("disable|enable|delete WHO");
  }
  return misused("add|list|disable|enable|delete|set-role ...");
}

int verb_user(const struct command_line* line) {
  securechat_config* config = NULL;
  securechat_server* server = NULL;
  const char* verb = line->words[1];
  int result = check_usage(line);
  if (result != EXIT_CLEAN) return result;
  /* Accounts need no secrets: whoever administers them need not know those of the server. */
  if (configuration_read(line, &config) != SECURECHAT_OK ||
      configuration_fill_secrets(config, 1) != SECURECHAT_OK ||
      securechat_server_create(config, &server) != SECURECHAT_OK) {
    failed();
    result = EXIT_USAGE;
  } else if (strcmp(verb, "add") == 0) {
    result = add(line, server);
  } else if (strcmp(verb, "list") == 0) {
    result = list(line, server);
  } else {
    result = change(verb, line->words[2], line->words[3], server);
  }
  securechat_config_free(config);
  securechat_server_destroy(server);
  return result;
}

#include "print.h"

#include <stdio.h>
#include <string.h>

#include "json_text.h"

static const char intro[] =
    "securechatd - a chat server for Socket.IO and plain WebSocket clients\n"
    "\n"
    "First start:\n"
    "  export JWT_SECRET=$(securechatd gen-secret)\n"
    "  export JWT_REFRESH_SECRET=$(securechatd gen-secret)\n"
    "  securechatd                      then open http://127.0.0.1:3000 in a browser\n"
    "\n"
    "Usage:\n"
    "  securechatd [flags]              run the server; SIGTERM and SIGINT stop it, SIGHUP reloads "
    "it\n"
    "  securechatd gen-secret           print a new secret\n"
    "  securechatd keys rotate FILE     make auth.keys_file, or put new keys at its head; the "
    "older\n"
    "                                   ones verify on: --keep N of them, 1 if not given; SIGHUP "
    "then\n"
    "                                   makes a running server take them\n"
    "  securechatd gen-config           print a configuration file with every default\n"
    "  securechatd check-token TOKEN    print the claims of an access token; - reads it from "
    "stdin\n"
    "  securechatd audit verify FILE    say whether lines of an audit log were changed, removed "
    "or\n"
    "                                   inserted; - reads it from stdin; --json\n"
    "  securechatd doctor [--url URL]   say what to change: proxy, origins, certificate, clock, "
    "files,\n"
    "                                   limits, secrets; URL is how clients reach it; --json\n"
    "  securechatd user add --email E --username U [--role R] [--password-stdin]\n"
    "  securechatd user list [--json]\n"
    "  securechatd user disable|enable|delete WHO\n"
    "  securechatd user set-role WHO ROLE\n"
    "                                   WHO is an id, an e-mail address or a username\n"
    "  securechatd login list WHO [--json]\n"
    "  securechatd login revoke SID     end a login, whose sockets close; with an external issuer\n"
    "                                   refuse the tokens whose jti or sid that is\n"
    "\n"
    "Flags:\n"
    "  --config FILE.json               read options from a JSON file\n"
    "  --env-file FILE                  read options from NAME=value lines, such as a .env file\n"
    "  --set KEY=VALUE                  set one option; may be repeated\n"
    "  --port N                         the same as --set listen.port=N\n"
    "  --db PATH                        the same as --set db.path=PATH\n"
    "  --check                          test the configuration and end\n"
    "  --print-config                   print the configuration, secrets hidden, and end\n"
    "  --help, --version\n"
    "\n"
    "--check says whether the server would start, doctor whether it should. doctor ends with 1 "
    "when\n"
    "there is something to change.\n"
    "\n"
    "Where an option is given more than once, flags win over --env-file, that over the\n"
    "environment, and that over --config. Exit codes: 0 clean stop, 1 failure while running,\n"
    "2 bad usage or configuration.\n"
    "\n"
    "Options (environment variable) [default]; each is also read as SECURECHAT_<KEY>, with _ for\n"
    "the dots, such as SECURECHAT_LIMITS_MESSAGES:\n";

/* Breaks a sentence into lines of the terminal. */
static void print_wrapped(const char* text) {
  enum { INDENT = 6, WIDTH = 92 };
  size_t column = 0;
  while (*text != '\0') {
    const size_t word = strcspn(text, " ");
    if (column == 0 || column + 1 + word > WIDTH) {
      printf("%s%*s", column == 0 ? "" : "\n", INDENT, "");
      column = INDENT;
    } else {
      putchar(' ');
      ++column;
    }
    fwrite(text, 1, word, stdout);
    column += word;
    text += word;
    text += strspn(text, " ");
  }
  putchar('\n');
}

static size_t group_length(const char* key) {
  const char* dot = strchr(key, '.');
  return dot == NULL ? 0 : (size_t)(dot - key);
}

static int same_group(const char* a, const char* b) {
  const size_t len = group_length(a);
  return len != 0 && len == group_length(b) && strncmp(a, b, len) == 0;
}

void print_help(void) {
  const securechat_option* option = NULL;
  const char* previous = "";
  size_t i;
  fputs(intro, stdout);
  for (i = 0; securechat_config_describe(i, &option) == SECURECHAT_OK; ++i) {
    if (!same_group(previous, option->key)) putchar('\n');
    previous = option->key;
    printf("  %s (%s) [%s]\n", option->key, option->environment, option->default_value);
    print_wrapped(option->help);
  }
}

static void print_value(const securechat_option* option, const char* value) {
  if (strcmp(option->type, "secret") == 0 && *value != '\0') {
    fputs("\"(hidden)\"", stdout);
  } else if (strcmp(option->type, "integer") == 0) {
    fputs(value, stdout);
  } else if (strcmp(option->type, "flag") == 0) {
    fputs(strcmp(value, "true") == 0 || strcmp(value, "on") == 0 ? "true" : "false", stdout);
  } else {
    json_print_string(stdout, value);
  }
}

/* The rows of a group stand together in the table, so that one pass prints one object a group. */
securechat_status print_config(const securechat_config* config) {
  const securechat_option* option = NULL;
  const char* previous = "";
  size_t i;
  for (i = 0; securechat_config_describe(i, &option) == SECURECHAT_OK; ++i) {
    const size_t group = group_length(option->key);
    const int inside = same_group(previous, option->key);
    char* value = NULL;
    if (config != NULL) {
      const securechat_status status = securechat_config_get(config, option->key, &value);
      if (status != SECURECHAT_OK) return status;
    }
    if (!inside && group_length(previous) != 0) fputs("\n  }", stdout);
    fputs(i == 0 ? "{\n" : ",\n", stdout);
    if (!inside && group != 0) printf("  \"%.*s\": {\n", (int)group, option->key);
    printf("%s\"%s\": ", group != 0 ? "    " : "  ",
           group != 0 ? option->key + group + 1 : option->key);
    print_value(option, value == NULL ? option->default_value : value);
    if (value != NULL) explicit_bzero(value, strlen(value));
    securechat_free(value);
    previous = option->key;
  }
  fputs(group_length(previous) != 0 ? "\n  }\n}\n" : "\n}\n", stdout);
  return SECURECHAT_OK;
}

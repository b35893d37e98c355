#include "command_line.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <securechat.h>

static int usage(const char* what, const char* about) {
  fprintf(stderr, "securechatd: %s: %s\nTry: securechatd --help\n", about, what);
  return EXIT_USAGE;
}

static char* copy_of(const char* text, size_t len) {
  char* copy = malloc(len + 1);
  if (copy != NULL) {
    memcpy(copy, text, len);
    copy[len] = '\0';
  }
  return copy;
}

static int add_setting(struct command_line* line, const char* key, size_t key_len,
                       const char* value) {
  struct setting* setting = &line->settings[line->setting_count];
  setting->key = copy_of(key, key_len);
  setting->value = copy_of(value, strlen(value));
  ++line->setting_count;
  if (setting->key != NULL && setting->value != NULL) return EXIT_CLEAN;
  fprintf(stderr, "securechatd: memory is exhausted\n");
  return EXIT_RUNTIME;
}

static int is_secret(const char* key) {
  const securechat_option* option = NULL;
  size_t i;
  for (i = 0; securechat_config_describe(i, &option) == SECURECHAT_OK; ++i) {
    if (strcmp(option->key, key) == 0) return strcmp(option->type, "secret") == 0;
  }
  return 0;
}

/* A secret does not stay among the arguments, where every user of the machine can read it. */
static int take_set(struct command_line* line, char* argument) {
  char* equals = strchr(argument, '=');
  int result;
  if (equals == NULL) return usage("--set takes key=value", argument);
  result = add_setting(line, argument, (size_t)(equals - argument), equals + 1);
  if (result == EXIT_CLEAN && is_secret(line->settings[line->setting_count - 1].key)) {
    fprintf(stderr,
            "securechatd: warning: --set %.*s: other users of this machine can read arguments; use "
            "the environment, --env-file or --config instead\n",
            (int)(equals - argument), argument);
    memset(equals + 1, '*', strlen(equals + 1));
  }
  return result;
}

struct flag {
  const char* name;
  int* on;            /* A flag without a value sets this. */
  const char** value; /* A flag with a value sets this, */
  const char* key;    /* or the option of this key, */
  int is_set;         /* or is --set. */
};

/* The value behind '=' or in the next argument; NULL when there is none. */
static char* value_of(char* equals, int argc, char** argv, int* at) {
  if (equals != NULL) return equals + 1;
  if (*at + 1 >= argc) return NULL;
  *at += 1;
  return argv[*at];
}

static int take_flag(struct command_line* line, const struct flag* flags, int argc, char** argv,
                     int* at) {
  char* argument = argv[*at];
  char* equals = strchr(argument, '=');
  const size_t len = equals == NULL ? strlen(argument) : (size_t)(equals - argument);
  const struct flag* flag;
  char* value;
  for (flag = flags; flag->name != NULL; ++flag) {
    if (strlen(flag->name) == len && strncmp(flag->name, argument, len) == 0) break;
  }
  if (flag->name == NULL) return usage("there is no such flag", argument);
  if (flag->on != NULL) {
    if (equals != NULL) return usage("takes no value", flag->name);
    *flag->on = 1;
    return EXIT_CLEAN;
  }
  value = value_of(equals, argc, argv, at);
  if (value == NULL) return usage("needs a value", flag->name);
  if (flag->is_set) return take_set(line, value);
  if (flag->key != NULL) return add_setting(line, flag->key, strlen(flag->key), value);
  *flag->value = value;
  return EXIT_CLEAN;
}

int command_line_parse(struct command_line* line, int argc, char** argv) {
  const struct flag flags[] = {
      {"--config", NULL, &line->config_file, NULL, 0},
      {"--set", NULL, NULL, NULL, 1},
      {"--env-file", NULL, &line->env_file, NULL, 0},
      {"--port", NULL, NULL, "listen.port", 0},
      {"--db", NULL, NULL, "db.path", 0},
      {"--check", &line->check, NULL, NULL, 0},
      {"--print-config", &line->print_config, NULL, NULL, 0},
      {"--help", &line->help, NULL, NULL, 0},
      {"-h", &line->help, NULL, NULL, 0},
      {"--version", &line->version, NULL, NULL, 0},
      {"--json", &line->json, NULL, NULL, 0},
      {"--password-stdin", &line->password_stdin, NULL, NULL, 0},
      {"--email", NULL, &line->email, NULL, 0},
      {"--username", NULL, &line->username, NULL, 0},
      {"--url", NULL, &line->url, NULL, 0},
      {"--role", NULL, &line->role, NULL, 0},
      {"--keep", NULL, &line->keep, NULL, 0},
      {NULL, NULL, NULL, NULL, 0},
  };
  int at;
  memset(line, 0, sizeof *line);
  line->settings = calloc((size_t)argc + 1, sizeof *line->settings);
  if (line->settings == NULL) return EXIT_RUNTIME;
  for (at = 1; at < argc; ++at) {
    int result = EXIT_CLEAN;
    if (argv[at][0] == '-' && argv[at][1] != '\0') {
      result = take_flag(line, flags, argc, argv, &at);
    } else if (line->word_count == MAX_WORDS) {
      result = usage("is one argument too many", argv[at]);
    } else {
      line->words[line->word_count++] = argv[at];
    }
    if (result != EXIT_CLEAN) return result;
  }
  return EXIT_CLEAN;
}

void command_line_free(struct command_line* line) {
  size_t i;
  for (i = 0; i < line->setting_count; ++i) {
    free(line->settings[i].key);
    if (line->settings[i].value != NULL) {
      explicit_bzero(line->settings[i].value, strlen(line->settings[i].value));
    }
    free(line->settings[i].value);
  }
  free(line->settings);
  memset(line, 0, sizeof *line);
}

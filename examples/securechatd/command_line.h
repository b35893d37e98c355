/* What the command line says. */
#ifndef SECURECHATD_COMMAND_LINE_H
#define SECURECHATD_COMMAND_LINE_H

#include <stddef.h>

/* Exit codes. */
enum { EXIT_CLEAN = 0, EXIT_RUNTIME = 1, EXIT_USAGE = 2 };

/* One --set, --port or --db, in the order they were given; both texts are allocated. */
struct setting {
  char* key;
  char* value;
};

enum { MAX_WORDS = 4 };

/* Texts point into argv unless they say otherwise. */
struct command_line {
  const char* words[MAX_WORDS]; /* The verb and what belongs to it, such as user delete ada. */
  size_t word_count;
  const char* config_file;
  const char* env_file;
  struct setting* settings;
  size_t setting_count;
  int check, print_config, help, version;
  int json, password_stdin;
  const char *email, *username, *role, *keep, *url;
};

/* Reads argv. Returns EXIT_CLEAN, or EXIT_USAGE after saying on stderr what was wrong. In both
 * cases command_line_free must follow. */
int command_line_parse(struct command_line* line, int argc, char** argv);
void command_line_free(struct command_line* line);

#endif

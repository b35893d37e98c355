/* securechatd: libsecurechat as a program of its own, over the public header only. */
#include <stdio.h>
#include <string.h>

#include "command_line.h"
#include "configuration.h"
#include "print.h"
#include "serve.h"
#include "verbs.h"
#include <securechat.h>

static int show_config(const struct command_line* line) {
  securechat_config* config = NULL;
  securechat_status status = configuration_read(line, &config);
  if (status == SECURECHAT_OK) status = print_config(config);
  securechat_config_free(config);
  if (status == SECURECHAT_OK) return EXIT_CLEAN;
  fprintf(stderr, "securechatd: %s\n", securechat_last_error());
  return EXIT_USAGE;
}

static int run(const struct command_line* line) {
  const char* verb = line->words[0];
  if (line->help) {
    print_help();
    return EXIT_CLEAN;
  }
  if (line->version) {
    printf("securechatd %s\n", securechat_version_string());
    return EXIT_CLEAN;
  }
  if (verb == NULL) {
    if (line->print_config) return show_config(line);
    return line->check ? serve_check(line) : serve(line);
  }
  if (strcmp(verb, "user") == 0) return verb_user(line);
  if (strcmp(verb, "doctor") == 0) return verb_doctor(line);
  if (strcmp(verb, "audit") == 0) return verb_audit(line);
  if (strcmp(verb, "login") == 0) return verb_login(line);
  if (strcmp(verb, "keys") == 0) return verb_keys(line);
  if (strcmp(verb, "check-token") == 0) return verb_check_token(line);
  if (strcmp(verb, "gen-secret") == 0 && line->word_count == 1) return verb_gen_secret();
  if (strcmp(verb, "gen-config") == 0 && line->word_count == 1) {
    return print_config(NULL) == SECURECHAT_OK ? EXIT_CLEAN : EXIT_RUNTIME;
  }
  fprintf(stderr, "securechatd: there is no verb %s\nTry: securechatd --help\n", verb);
  return EXIT_USAGE;
}

int main(int argc, char** argv) {
  struct command_line line;
  int result = command_line_parse(&line, argc, argv);
  if (result == EXIT_CLEAN) result = run(&line);
  command_line_free(&line);
  /* Output that could not be written is a failure, too: a full disk, a closed pipe. */
  if (fflush(stdout) != 0 && result == EXIT_CLEAN) result = EXIT_RUNTIME;
  return result;
}

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json_text.h"
#include "verbs.h"
#include <securechat.h>

enum { KEPT_BY_DEFAULT = 1 };

static void print_keys(const char* report) {
  char kid[128], use[16], signs[8];
  const char* key = strstr(report, "[{");
  for (key = key == NULL ? NULL : key + 1; key != NULL; key = json_next_object(key)) {
    if (json_member(key, "kid", kid, sizeof kid) == 0 &&
        json_member(key, "use", use, sizeof use) == 0 &&
        json_member(key, "signs", signs, sizeof signs) == 0) {
      printf("%-7s %-24s %s\n", use, kid, strcmp(signs, "true") == 0 ? "signs" : "verifies");
    }
  }
}

/* The number behind --keep; -1 when it is none. */
static long kept(const char* text) {
  char* end = NULL;
  long number;
  if (text == NULL) return KEPT_BY_DEFAULT;
  number = strtol(text, &end, 10);
  return *text >= '0' && *text <= '9' && *end == '\0' && number <= 1000 ? number : -1;
}

int verb_keys(const struct command_line* line) {
  const long keep = kept(line->keep);
  char* report = NULL;
  if (line->word_count != 3 || strcmp(line->words[1], "rotate") != 0) {
    fputs("securechatd: usage: securechatd keys rotate FILE [--keep N] [--json]\n", stderr);
    return EXIT_USAGE;
  }
  if (keep < 0) {
    fprintf(stderr, "securechatd: --keep takes a number of keys: %s\n", line->keep);
    return EXIT_USAGE;
  }
  if (securechat_keys_rotate(line->words[2], (uint32_t)keep, &report) != SECURECHAT_OK) {
    fprintf(stderr, "securechatd: %s\n", securechat_last_error());
    return EXIT_USAGE;
  }
  if (line->json) {
    puts(report);
  } else {
    print_keys(report);
  }
  securechat_free(report);
  return EXIT_CLEAN;
}

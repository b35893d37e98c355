#include "log.h"

#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>

#include "json_text.h"

static const char* const level_names[] = {"error", "warn", "info", "debug"};
static int as_json;
static int32_t least_grave = SECURECHAT_LOG_INFO;

void log_line(int32_t level, const char* message, size_t len, void* user_data) {
  (void)level;
  (void)len;
  (void)user_data;
  /* One call, so that lines of several threads do not mix. */
  fprintf(stderr, "%s\n", message);
}

void log_configure(const securechat_config* config) {
  char* value = NULL;
  int32_t level;
  if (securechat_config_get(config, "log.format", &value) == SECURECHAT_OK) {
    as_json = strcmp(value, "json") == 0;
    securechat_free(value);
  }
  if (securechat_config_get(config, "log.level", &value) == SECURECHAT_OK) {
    for (level = SECURECHAT_LOG_ERROR; level <= SECURECHAT_LOG_DEBUG; ++level) {
      if (strcmp(value, level_names[level]) == 0) least_grave = level;
    }
    securechat_free(value);
  }
}

int32_t log_level(void) {
  return least_grave;
}

static void time_stamp(char* text, size_t size) {
  struct timeval now;
  struct tm utc;
  char seconds[32];
  gettimeofday(&now, NULL);
  gmtime_r(&now.tv_sec, &utc);
  strftime(seconds, sizeof seconds, "%Y-%m-%dT%H:%M:%S", &utc);
  snprintf(text, size, "%s.%03dZ", seconds, (int)(now.tv_usec / 1000));
}

void log_say(int32_t level, const char* sentence, const char* reason) {
  char stamp[48];
  if (level > least_grave) return;
  time_stamp(stamp, sizeof stamp);
  flockfile(stderr);
  if (as_json) {
    fprintf(stderr, "{\"ts\":\"%s\",\"level\":\"%s\",\"msg\":", stamp, level_names[level]);
    json_print_string(stderr, sentence);
    if (reason != NULL) {
      fputs(",\"reason\":", stderr);
      json_print_string(stderr, reason);
    }
    fputs("}\n", stderr);
  } else {
    fprintf(stderr, "%s %s %s%s%s\n", stamp, level_names[level], sentence,
            reason == NULL ? "" : ": ", reason == NULL ? "" : reason);
  }
  funlockfile(stderr);
}

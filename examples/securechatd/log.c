#include "log.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "json_text.h"

/* A pipe that can be written to takes this much at once, whole and without waiting. */
enum { LINE_SIZE = 4096 };

static const char* const level_names[] = {"error", "warn", "info", "debug"};
static int as_json;
static int32_t least_grave = SECURECHAT_LOG_INFO;
static unsigned long lost_lines; /* Under the lock of stderr. */

static void time_stamp(char* text, size_t size) {
  struct timeval now;
  struct tm utc;
  char seconds[32];
  gettimeofday(&now, NULL);
  gmtime_r(&now.tv_sec, &utc);
  strftime(seconds, sizeof seconds, "%Y-%m-%dT%H:%M:%S", &utc);
  snprintf(text, size, "%s.%03dZ", seconds, (int)(now.tv_usec / 1000));
}

/* One call, so that lines of several threads do not mix. Whether it was written. */
static int write_line(const char* line, size_t len) {
  struct iovec parts[2];
  struct pollfd sink = {STDERR_FILENO, POLLOUT, 0};
  if (poll(&sink, 1, 0) <= 0 || (sink.revents & POLLOUT) == 0) return 0;
  parts[0].iov_base = (void*)line;
  parts[0].iov_len = len < LINE_SIZE ? len : LINE_SIZE - 1;
  parts[1].iov_base = "\n";
  parts[1].iov_len = 1;
  return writev(STDERR_FILENO, parts, 2) > 0;
}

static int say_lost_lines(void) {
  static const char sentence[] = "lines of the log were lost, because nobody took them";
  char stamp[48], line[256];
  int len;
  time_stamp(stamp, sizeof stamp);
  len = snprintf(line, sizeof line,
                 as_json ? "{\"ts\":\"%s\",\"level\":\"warn\",\"msg\":\"%s\",\"count\":%lu}"
                         : "%s warn %s count=%lu",
                 stamp, sentence, lost_lines);
  if (!write_line(line, (size_t)len)) return 0;
  lost_lines = 0;
  return 1;
}

/* The server waits for whoever writes its log, so that nobody who reads it slowly, or not at all,
 * may hold this up: lines that are not taken are counted, and that is said when they are again. */
void log_line(int32_t level, const char* message, size_t len, void* user_data) {
  (void)level;
  (void)user_data;
  flockfile(stderr);
  if ((lost_lines > 0 && !say_lost_lines()) || !write_line(message, len)) ++lost_lines;
  funlockfile(stderr);
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

void log_say(int32_t level, const char* sentence, const char* reason) {
  char stamp[48];
  char* text = NULL;
  size_t len = 0;
  FILE* line;
  if (level > least_grave) return;
  line = open_memstream(&text, &len);
  if (line == NULL) return; /* No memory; the log goes without this line. */
  time_stamp(stamp, sizeof stamp);
  if (as_json) {
    fprintf(line, "{\"ts\":\"%s\",\"level\":\"%s\",\"msg\":", stamp, level_names[level]);
    json_print_string(line, sentence);
    if (reason != NULL) {
      fputs(",\"reason\":", line);
      json_print_string(line, reason);
    }
    fputs("}", line);
  } else {
    fprintf(line, "%s %s %s%s%s", stamp, level_names[level], sentence, reason == NULL ? "" : ": ",
            reason == NULL ? "" : reason);
  }
  if (fclose(line) == 0) log_line(level, text, len, NULL);
  free(text);
}

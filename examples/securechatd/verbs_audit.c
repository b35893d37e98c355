#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "configuration.h"
#include "json_text.h"
#include "verbs.h"
#include <securechat.h>

enum { TEXT_SIZE = 1024 };

static void print_findings(const char* report) {
  char line[32], fault[8], what[TEXT_SIZE];
  const char* finding = strstr(report, "\"findings\":[{");
  for (finding = finding == NULL ? NULL : strchr(finding, '{'); finding != NULL;
       finding = json_next_object(finding)) {
    if (json_member(finding, "line", line, sizeof line) == 0 &&
        json_member(finding, "fault", fault, sizeof fault) == 0 &&
        json_member(finding, "what", what, sizeof what) == 0) {
      printf("%sline %s %s\n", strcmp(fault, "true") == 0 ? "" : "note: ", line, what);
    }
  }
}

static void print_report(const char* report, int intact) {
  char lines[32], keyed[32], last[32], head[128];
  print_findings(report);
  if (json_member(report, "lines", lines, sizeof lines) == 0 &&
      json_member(report, "keyed", keyed, sizeof keyed) == 0 &&
      json_member(report, "last_seq", last, sizeof last) == 0 &&
      json_member(report, "head", head, sizeof head) == 0) {
    printf("%s: %s lines, %s of them keyed; the newest has number %s and digest %s\n",
           intact ? "intact" : "NOT INTACT", lines, keyed, last, head);
  }
}

static int verify(const struct command_line* line, const securechat_config* config, int fd) {
  char* report = NULL;
  const securechat_status status = securechat_audit_verify(config, fd, &report);
  if (report != NULL) {
    if (line->json) {
      puts(report);
    } else {
      print_report(report, status == SECURECHAT_OK);
    }
  }
  securechat_free(report);
  if (status == SECURECHAT_OK) return EXIT_CLEAN;
  fprintf(stderr, "securechatd: %s\n", securechat_last_error());
  return status == SECURECHAT_ERR_AUTH || status == SECURECHAT_ERR_INVALID ? EXIT_USAGE
                                                                           : EXIT_RUNTIME;
}

int verb_audit(const struct command_line* line) {
  securechat_config* config = NULL;
  const char* path = line->words[2];
  int fd = STDIN_FILENO;
  int result = EXIT_USAGE;
  if (line->word_count != 3 || strcmp(line->words[1], "verify") != 0) {
    fputs("securechatd: usage: securechatd audit verify FILE [--json]; - reads it from stdin\n",
          stderr);
    return EXIT_USAGE;
  }
  if (strcmp(path, "-") != 0) fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    fprintf(stderr, "securechatd: cannot open ");
    perror(path);
    return EXIT_USAGE;
  }
  if (configuration_read(line, &config) != SECURECHAT_OK) {
    fprintf(stderr, "securechatd: %s\n", securechat_last_error());
  } else {
    result = verify(line, config, fd);
  }
  securechat_config_free(config);
  if (fd != STDIN_FILENO) close(fd);
  return result;
}

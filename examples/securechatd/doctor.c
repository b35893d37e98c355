#include "doctor.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "configuration.h"
#include "doctor_peer.h"
#include "json_text.h"
#include "verbs.h"

enum { WHAT_SIZE = 1024 };

static const struct {
  const char* name;
  void (*run)(struct doctor* doctor);
} checks[] = {
    {"configuration", check_configuration},
    {"secrets.quality", check_secret_quality},
    {"secrets.arguments", check_secret_in_arguments},
    {"auth.weak_hash", check_weak_hash},
    {"origin.allow_missing", check_origin_missing_allowed},
    {"origin.none", check_origin_none},
    {"origin.http", check_origin_http},
    {"origin.localhost", check_origin_localhost},
    {"metrics.public", check_metrics_public},
    {"audit.key", check_audit_key},
    {"listen.plain", check_plain_listener},
    {"proxy.untrusted", check_proxy_untrusted},
    {"proxy.wide", check_proxy_wide},
    {"tls.expiry", check_tls_expiry},
    {"tls.names", check_tls_names},
    {"tls.chain", check_tls_chain},
    {"tls.key", check_tls_key},
    {"files.mode", check_file_modes},
    {"files.directory", check_directory},
    {"disk.space", check_disk_space},
    {"clock.sync", check_clock_sync},
    {"clock.skew", check_clock_skew},
    {"limits.descriptors", check_descriptors},
    {"kernel.backlog", check_backlog},
    {"server.health", check_running_server},
    {"proxy.headers", check_proxy_headers},
    {"proxy.websocket", check_proxy_websocket},
    {"proxy.metrics", check_proxy_metrics},
};
enum { CHECKS = sizeof checks / sizeof checks[0] };

static void print_member(const char* name, const char* value) {
  printf(",\"%s\":", name);
  json_print_string(stdout, value);
}

void doctor_find(struct doctor* doctor, const char* why, const char* change, const char* what,
                 ...) {
  char text[WHAT_SIZE];
  va_list arguments;
  va_start(arguments, what);
  vsnprintf(text, sizeof text, what, arguments);
  va_end(arguments);
  if (doctor->line->json) {
    printf("%s{\"check\":", doctor->findings == 0 ? "" : ",");
    json_print_string(stdout, doctor->check);
    print_member("what", text);
    print_member("why", why);
    print_member("change", change);
    putchar('}');
  } else {
    printf("%s: %s: %s. Change: %s\n", doctor->check, text, why, change);
  }
  ++doctor->findings;
}

int doctor_run(struct doctor* doctor) {
  size_t i;
  if (doctor->line->json) fputs("{\"findings\":[", stdout);
  for (i = 0; i < CHECKS; ++i) {
    doctor->check = checks[i].name;
    checks[i].run(doctor);
  }
  if (doctor->line->json) {
    printf("],\"checks\":%d}\n", (int)CHECKS);
  } else if (doctor->findings == 0) {
    printf("nothing to change: %d checks found nothing\n", (int)CHECKS);
  } else {
    printf("%zu to change, of %d checks\n", doctor->findings, (int)CHECKS);
  }
  return doctor->findings == 0 ? EXIT_CLEAN : EXIT_RUNTIME;
}

int verb_doctor(const struct command_line* line) {
  struct doctor doctor;
  struct machine machine;
  struct url url;
  securechat_config* config = NULL;
  int result = EXIT_USAGE;
  if (line->word_count != 1) {
    fputs(
        "securechatd: usage: securechatd doctor [--url URL] [--json] and the flags that the "
        "server is started with\n",
        stderr);
    return EXIT_USAGE;
  }
  if (line->url != NULL && url_parse(&url, line->url) != 0) {
    fprintf(stderr, "securechatd: --url takes an http or https URL, not %s\n", line->url);
    return EXIT_USAGE;
  }
  /* OpenSSL writes to peers that have gone: that is a finding, not our end. */
  signal(SIGPIPE, SIG_IGN);
  if (configuration_read(line, &config) != SECURECHAT_OK) {
    fprintf(stderr, "securechatd: %s\n", securechat_last_error());
  } else {
    machine_read(&machine, config);
    memset(&doctor, 0, sizeof doctor);
    doctor.line = line;
    doctor.config = config;
    doctor.machine = &machine;
    result = doctor_run(&doctor);
  }
  securechat_config_free(config);
  return result;
}

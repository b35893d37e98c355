/* securechatd doctor: what an operator should change, before something happens. Each check is a
 * small function in a table; it reads the configuration and what the machine says, and reports. */
#ifndef SECURECHATD_DOCTOR_H
#define SECURECHATD_DOCTOR_H

#include <stddef.h>

#include "command_line.h"
#include "machine.h"
#include <securechat.h>

struct doctor {
  const struct command_line* line;
  const securechat_config* config;
  const struct machine* machine;
  const char* check; /* The name of the one that runs. */
  size_t findings;
};

/* Reports one thing to change: what was found (a format and its arguments, at most 1 KiB), why it
 * matters, and the exact change. */
void doctor_find(struct doctor* doctor, const char* why, const char* change, const char* what, ...)
    __attribute__((format(printf, 4, 5)));

/* The value of an option, allocated; empty when there is no such option in this version. */
char* doctor_text(const struct doctor* doctor, const char* key);
int doctor_is_set(const struct doctor* doctor, const char* key);
/* A flag that is on, or a choice that is `value`. */
int doctor_is(const struct doctor* doctor, const char* key, const char* value);
int doctor_flag(const struct doctor* doctor, const char* key);
unsigned long long doctor_number(const struct doctor* doctor, const char* key);
/* Calls `each` with every entry of a comma list, trimmed. */
void doctor_each(struct doctor* doctor, const char* key,
                 void (*each)(struct doctor* doctor, const char* entry));

/* Whether only this machine can reach the listener. */
int doctor_listens_on_loopback(const struct doctor* doctor);
/* The host of an origin or URL, without brackets and port, cut to `size`. */
void doctor_host_of(const char* origin, char* host, size_t size);
int doctor_is_local_name(const char* host);
/* Whether a listed origin is one of the internet: no local name. */
int doctor_has_public_origin(struct doctor* doctor);

/* The checks, by file. */
void check_configuration(struct doctor* doctor); /* doctor_options.c */
void check_weak_hash(struct doctor* doctor);
void check_origin_missing_allowed(struct doctor* doctor);
void check_metrics_public(struct doctor* doctor);
void check_audit_key(struct doctor* doctor);
void check_secret_quality(struct doctor* doctor); /* doctor_secrets.c */
void check_secret_in_arguments(struct doctor* doctor);
void check_proxy_untrusted(struct doctor* doctor); /* doctor_network.c */
void check_proxy_wide(struct doctor* doctor);
void check_origin_none(struct doctor* doctor);
void check_origin_http(struct doctor* doctor);
void check_origin_localhost(struct doctor* doctor);
void check_plain_listener(struct doctor* doctor);
void check_tls_expiry(struct doctor* doctor); /* doctor_tls.c */
void check_tls_names(struct doctor* doctor);
void check_tls_chain(struct doctor* doctor);
void check_tls_key(struct doctor* doctor);
void check_file_modes(struct doctor* doctor); /* doctor_files.c */
void check_directory(struct doctor* doctor);
void check_clock_sync(struct doctor* doctor); /* doctor_machine.c */
void check_clock_skew(struct doctor* doctor);
void check_disk_space(struct doctor* doctor);
void check_descriptors(struct doctor* doctor);
void check_backlog(struct doctor* doctor);
void check_running_server(struct doctor* doctor); /* doctor_server.c */
void check_proxy_headers(struct doctor* doctor);
void check_proxy_websocket(struct doctor* doctor);
void check_proxy_metrics(struct doctor* doctor);

/* Runs all of them; the exit code. */
int doctor_run(struct doctor* doctor);

#endif

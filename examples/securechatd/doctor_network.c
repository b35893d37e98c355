/* Who can reach the server, and which pages may use it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doctor.h"

/* Blocks of shorter prefixes are more than anybody's own proxies. */
enum { LEAST_PREFIX = 16 };

/* A listener that only this machine reaches, for origins of the internet: a proxy is in front. */
void check_proxy_untrusted(struct doctor* doctor) {
  if (doctor_is_set(doctor, "proxy.trusted")) return;
  if (!doctor_listens_on_loopback(doctor) || !doctor_has_public_origin(doctor)) return;
  doctor_find(doctor,
              "behind a proxy everybody then has its address: they share one limit of logins and "
              "connections, and all of them may read /metrics",
              "--set proxy.trusted=127.0.0.1/32,::1/128 and let the proxy set X-Forwarded-For",
              "the server listens on loopback for public origins, and proxy.trusted is empty");
}

static void look_at_block(struct doctor* doctor, const char* block) {
  const char* slash = strchr(block, '/');
  /* The configuration was checked: a number follows. */
  if (slash == NULL || strtol(slash + 1, NULL, 10) >= LEAST_PREFIX) return;
  doctor_find(doctor, "whoever has one of its addresses can say that he is anybody",
              "name the addresses of the proxies only", "proxy.trusted has %s", block);
}

void check_proxy_wide(struct doctor* doctor) {
  doctor_each(doctor, "proxy.trusted", look_at_block);
}

void check_origin_none(struct doctor* doctor) {
  if (doctor_is_set(doctor, "origin.allowed") || doctor_listens_on_loopback(doctor)) return;
  doctor_find(doctor,
              "only pages of this server itself may connect, and behind a proxy that speaks TLS "
              "not even those",
              "--set origin.allowed=https://chat.example.org, the address that people open",
              "origin.allowed is empty");
}

static void look_for_http(struct doctor* doctor, const char* origin) {
  char host[256];
  doctor_host_of(origin, host, sizeof host);
  if (strncmp(origin, "http://", 7) != 0 || doctor_is_local_name(host)) return;
  doctor_find(doctor,
              "whoever is on the way can change that page and takes the tokens of its users",
              "serve the page over https, and list that origin", "origin.allowed has %s", origin);
}

void check_origin_http(struct doctor* doctor) {
  doctor_each(doctor, "origin.allowed", look_for_http);
}

static void look_for_localhost(struct doctor* doctor, const char* origin) {
  char host[256];
  doctor_host_of(origin, host, sizeof host);
  if (!doctor_is_local_name(host)) return;
  doctor_find(doctor, "any program on the machine of a user may serve a page with that origin",
              "list the public origins only; keep another configuration for development",
              "origin.allowed has %s on a server for others", origin);
}

void check_origin_localhost(struct doctor* doctor) {
  if (doctor_listens_on_loopback(doctor) && !doctor_has_public_origin(doctor)) return;
  doctor_each(doctor, "origin.allowed", look_for_localhost);
}

void check_plain_listener(struct doctor* doctor) {
  char* host;
  if (doctor_listens_on_loopback(doctor) || doctor_is_set(doctor, "tls.cert")) return;
  host = doctor_text(doctor, "listen.host");
  doctor_find(doctor, "passwords and messages cross the network readable",
              "--set tls.cert=FILE --set tls.key=FILE; or --set listen.host=127.0.0.1 behind a "
              "proxy that speaks TLS",
              "the server listens on %s without TLS", host == NULL ? "" : host);
  free(host);
}

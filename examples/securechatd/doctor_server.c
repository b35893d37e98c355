/* A server that runs: on its own port, and as clients reach it, through --url. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doctor.h"
#include "doctor_peer.h"

enum { TEXT_SIZE = 512 };
static const char plain[] = "Connection: close\r\n";

static int own_url(const struct doctor* doctor, struct url* url) {
  char* host = doctor_text(doctor, "listen.host");
  char text[TEXT_SIZE];
  int result = -1;
  if (host != NULL) {
    const int any4 = strcmp(host, "0.0.0.0") == 0 || *host == '\0' || strcmp(host, "*") == 0;
    const int v6 = strchr(host, ':') != NULL && *host != '[';
    const char* at = any4 ? "127.0.0.1" : strcmp(host, "::") == 0 ? "::1" : host;
    snprintf(text, sizeof text, "%s://%s%s%s:%llu",
             doctor_is_set(doctor, "tls.cert") ? "https" : "http", v6 ? "[" : "", at, v6 ? "]" : "",
             doctor_number(doctor, "listen.port"));
    result = url_parse(url, text);
  }
  free(host);
  return result;
}

static int is_ours(const struct answer* answer) {
  return strstr(answer->text, "{\"status\":\"") != NULL;
}

/* That none runs is no fault: the doctor may come first. */
void check_running_server(struct doctor* doctor) {
  static struct answer answer;
  struct url url;
  char* path = doctor_text(doctor, "health.path");
  if (path == NULL || doctor_number(doctor, "listen.port") == 0 || own_url(doctor, &url) != 0) {
    free(path);
    return;
  }
  peer_get(&url, path, plain, 0, &answer);
  free(path);
  if (answer.status == 0 && answer.text[0] == '\0') return;
  if (!is_ours(&answer)) {
    doctor_find(doctor, "the server cannot listen there",
                "end that program, or --set listen.port=N",
                "what answers on port %s is not securechatd with this configuration", url.port);
  } else if (answer.status != 200) {
    doctor_find(doctor, "it lets nobody in", "wait until it has ended, then start it",
                "the server on port %s answers its health check with %d", url.port, answer.status);
  }
}

/* The answer to a request through --url; 0 when there is no --url or it was not given well. */
static int ask_through_proxy(struct doctor* doctor, const char* path, const char* headers,
                             struct url* url, struct answer* answer) {
  if (doctor->line->url == NULL || url_parse(url, doctor->line->url) != 0) return 0;
  peer_get(url, path, headers, 1, answer);
  return 1;
}

static const struct {
  const char* name;
  const char* why;
} wanted_headers[] = {
    {"Content-Security-Policy", "it keeps foreign scripts out of the page"},
    {"X-Content-Type-Options", "without it browsers guess what a file is"},
    {"X-Frame-Options", "without it other pages may show this one inside themselves"},
    {"Referrer-Policy", "without it addresses of the page reach others"},
    {"X-Request-Id", "it tells which lines of the logs are about a request"},
};

static void look_at_headers(struct doctor* doctor, const struct url* url,
                            const struct answer* answer) {
  char value[TEXT_SIZE];
  size_t i;
  for (i = 0; i < sizeof wanted_headers / sizeof wanted_headers[0]; ++i) {
    if (answer_header(answer, wanted_headers[i].name, value, sizeof value) == NULL) {
      doctor_find(doctor, wanted_headers[i].why,
                  "let the proxy hand on the headers of the server as they are",
                  "%s does not survive the proxy", wanted_headers[i].name);
    }
  }
  if (url->tls && answer_header(answer, "Strict-Transport-Security", value, sizeof value) == NULL) {
    doctor_find(doctor, "a first request over http can be taken over by whoever is on the way",
                "let the proxy that speaks TLS add Strict-Transport-Security: max-age=31536000",
                "the proxy adds no Strict-Transport-Security");
  }
  if (!url->tls && !doctor_is_local_name(url->host)) {
    doctor_find(doctor, "passwords and messages cross the network readable",
                "let the proxy speak TLS, and --url https://...", "%s is not https",
                doctor->line->url);
  }
}

void check_proxy_headers(struct doctor* doctor) {
  static struct answer answer;
  struct url url;
  char* path = doctor_text(doctor, "health.path");
  if (path != NULL && ask_through_proxy(doctor, path, plain, &url, &answer)) {
    if (answer.status != 200 || !is_ours(&answer)) {
      doctor_find(doctor, "clients do not reach the server",
                  "start the server, and let the proxy hand on every path below that URL",
                  "%s%s: %s (status %d)", doctor->line->url, path,
                  answer.fault == NULL ? "that is not the health check" : answer.fault,
                  answer.status);
    } else {
      look_at_headers(doctor, &url, &answer);
    }
  }
  free(path);
}

/* A connection that is refused for what it says has still been switched or answered by us. */
void check_proxy_websocket(struct doctor* doctor) {
  static const char upgrade[] =
      "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
      "Sec-WebSocket-Key: c2VjdXJlY2hhdGQtZG9jdA==\r\nSec-WebSocket-Protocol: securechat.v1\r\n";
  static struct answer answer;
  struct url url;
  if (!ask_through_proxy(doctor, "/ws", upgrade, &url, &answer) || answer.status == 0) return;
  if (answer.status != 426 && answer.status != 400) return;
  doctor_find(doctor, "clients fall back to polling, or do not connect at all",
              "let the proxy speak HTTP/1.1 to the server and hand on Upgrade and Connection",
              "the proxy does not hand on the upgrade to a WebSocket (status %d)", answer.status);
}

/* What only this machine may see is seen through the proxy, when its headers are not believed. */
void check_proxy_metrics(struct doctor* doctor) {
  static struct answer answer;
  struct url url;
  char* path = doctor_text(doctor, "metrics.path");
  if (path != NULL && !doctor_flag(doctor, "metrics.public") &&
      ask_through_proxy(doctor, path, plain, &url, &answer) && answer.status == 200 &&
      !doctor_is_local_name(url.host)) {
    doctor_find(doctor,
                "the server takes everybody behind the proxy for the proxy: one limit for all, and "
                "what only this machine may see is seen by all",
                "--set proxy.trusted=ADDRESS/32 of the proxy, which sets X-Forwarded-For",
                "%s%s can be read", doctor->line->url, path);
  }
  free(path);
}

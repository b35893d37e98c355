#include "doctor_peer.h"

#include <errno.h>
#include <netdb.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { PATIENCE_SECONDS = 3, REQUEST_SIZE = 4096 };

int url_parse(struct url* url, const char* text) {
  const char* rest;
  size_t len;
  memset(url, 0, sizeof *url);
  if (strncmp(text, "https://", 8) == 0) {
    url->tls = 1;
    rest = text + 8;
  } else if (strncmp(text, "http://", 7) == 0) {
    rest = text + 7;
  } else {
    return -1;
  }
  len = *rest == '[' ? strcspn(++rest, "]") : strcspn(rest, ":/");
  if (len == 0 || len >= sizeof url->host) return -1;
  memcpy(url->host, rest, len);
  rest += len;
  if (*rest == ']') ++rest;
  snprintf(url->port, sizeof url->port, "%s", url->tls ? "443" : "80");
  if (*rest == ':') {
    len = strspn(++rest, "0123456789");
    if (len == 0 || len >= sizeof url->port) return -1;
    memcpy(url->port, rest, len);
    url->port[len] = '\0';
    rest += len;
  }
  if (*rest != '\0' && *rest != '/') return -1;
  len = strcspn(rest, "?#");
  while (len > 0 && rest[len - 1] == '/') --len;
  if (len >= sizeof url->path || strpbrk(rest, " \r\n") != NULL) return -1;
  memcpy(url->path, rest, len);
  return 0;
}

static int open_socket(const struct url* url, const char** fault) {
  const struct timeval patience = {PATIENCE_SECONDS, 0};
  struct addrinfo hints, *found = NULL, *at;
  int fd = -1;
  int failed;
  memset(&hints, 0, sizeof hints);
  hints.ai_socktype = SOCK_STREAM;
  failed = getaddrinfo(url->host, url->port, &hints, &found);
  if (failed != 0) {
    *fault = gai_strerror(failed);
    return -1;
  }
  for (at = found; at != NULL && fd < 0; at = at->ai_next) {
    fd = socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) continue;
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    if (connect(fd, at->ai_addr, at->ai_addrlen) != 0) {
      *fault = strerror(errno);
      close(fd);
      fd = -1;
    }
  }
  freeaddrinfo(found);
  return fd;
}

static SSL* open_tls(SSL_CTX* context, const struct url* url, int fd, int verify,
                     const char** fault) {
  SSL* tls = SSL_new(context);
  if (tls == NULL) return NULL;
  SSL_set_tlsext_host_name(tls, url->host);
  if (verify) {
    X509_VERIFY_PARAM* wanted = SSL_get0_param(tls);
    if (X509_VERIFY_PARAM_set1_ip_asc(wanted, url->host) != 1) SSL_set1_host(tls, url->host);
    SSL_set_verify(tls, SSL_VERIFY_PEER, NULL);
  }
  if (SSL_set_fd(tls, fd) == 1 && SSL_connect(tls) == 1) return tls;
  *fault = SSL_get_verify_result(tls) != X509_V_OK
               ? X509_verify_cert_error_string(SSL_get_verify_result(tls))
               : "the TLS handshake failed";
  SSL_free(tls);
  return NULL;
}

/* Reads until the end, or, of a peer that has switched protocols, until the end of the head. */
static void read_answer(SSL* tls, int fd, struct answer* answer) {
  size_t have = 0;
  for (;;) {
    const int room = (int)(ANSWER_SIZE - have);
    const int got = room == 0     ? 0
                    : tls != NULL ? SSL_read(tls, answer->text + have, room)
                                  : (int)recv(fd, answer->text + have, (size_t)room, 0);
    if (got <= 0) break;
    have += (size_t)got;
    answer->text[have] = '\0';
    if (strncmp(answer->text, "HTTP/1.1 101", 12) == 0 &&
        strstr(answer->text, "\r\n\r\n") != NULL) {
      break;
    }
  }
  /* "HTTP/1.1 200 OK" */
  if (strncmp(answer->text, "HTTP/1.", 7) == 0 && strlen(answer->text) > 9) {
    answer->status = (int)strtol(answer->text + 9, NULL, 10);
  }
  if (answer->status < 100 || answer->status > 999) {
    answer->fault = "what answers does not speak HTTP, or not in time";
  }
}

static void exchange(const struct url* url, const char* request, int fd, int verify,
                     struct answer* answer) {
  SSL_CTX* context = NULL;
  SSL* tls = NULL;
  const int len = (int)strlen(request);
  int sent;
  if (url->tls) {
    context = SSL_CTX_new(TLS_client_method());
    if (context != NULL) SSL_CTX_set_default_verify_paths(context);
    if (context != NULL) tls = open_tls(context, url, fd, verify, &answer->fault);
    if (tls == NULL) {
      SSL_CTX_free(context);
      return;
    }
  }
  sent = tls != NULL ? SSL_write(tls, request, len)
                     : (int)send(fd, request, (size_t)len, MSG_NOSIGNAL);
  if (sent == len) {
    read_answer(tls, fd, answer);
  } else {
    answer->fault = "the connection broke";
  }
  SSL_free(tls);
  SSL_CTX_free(context);
}

void peer_get(const struct url* url, const char* path, const char* headers, int verify,
              struct answer* answer) {
  char request[REQUEST_SIZE];
  const int v6 = strchr(url->host, ':') != NULL;
  int fd;
  answer->status = 0;
  answer->fault = "there is no answer";
  answer->text[0] = '\0';
  snprintf(request, sizeof request,
           "GET %s%s HTTP/1.1\r\nHost: %s%s%s:%s\r\nUser-Agent: securechatd-doctor\r\n%s\r\n",
           url->path, path, v6 ? "[" : "", url->host, v6 ? "]" : "", url->port, headers);
  fd = open_socket(url, &answer->fault);
  if (fd < 0) return;
  exchange(url, request, fd, verify, answer);
  if (answer->status != 0) answer->fault = NULL;
  close(fd);
}

const char* answer_header(const struct answer* answer, const char* name, char* value, size_t size) {
  const size_t name_len = strlen(name);
  const char* end = strstr(answer->text, "\r\n\r\n");
  const char* line = strstr(answer->text, "\r\n");
  while (line != NULL && line < end) {
    line += 2;
    if (strncasecmp(line, name, name_len) == 0 && line[name_len] == ':') {
      const char* from = line + name_len + 1;
      from += strspn(from, " \t");
      snprintf(value, size, "%.*s", (int)strcspn(from, "\r\n"), from);
      return value;
    }
    line = strstr(line, "\r\n");
  }
  return NULL;
}

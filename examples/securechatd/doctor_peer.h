/* One HTTP request to a server, for the doctor. */
#ifndef SECURECHATD_DOCTOR_PEER_H
#define SECURECHATD_DOCTOR_PEER_H

#include <stddef.h>

enum { ANSWER_SIZE = 65536 };

struct url {
  int tls;
  char host[256];
  char port[8];
  char path[512]; /* Of the folder, without a slash at its end. */
};

struct answer {
  int status;                 /* 0: no answer; `fault` says why. */
  const char* fault;          /* A sentence of ours or of the system; NULL when there was one. */
  char text[ANSWER_SIZE + 1]; /* Head and body. */
};

/* Takes a URL apart. Returns 0, or -1 when it is not an http or https URL. */
int url_parse(struct url* url, const char* text);
/* GET of `path` below the URL. `headers` are further lines, each ending with CRLF. With `verify`
 * the certificate has to be good for the host. It takes a few seconds at most. */
void peer_get(const struct url* url, const char* path, const char* headers, int verify,
              struct answer* answer);
/* The value of a header, without regard to case; NULL when it is not there. Cut to `size`. */
const char* answer_header(const struct answer* answer, const char* name, char* value, size_t size);

#endif

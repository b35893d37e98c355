#include "descriptors.h"

#include <stdlib.h>
#include <sys/resource.h>

/* Database, log, listeners and what a start inherits; and those of each event loop. */
enum { OWN_DESCRIPTORS = 256, LOOP_DESCRIPTORS = 16 };

static securechat_status read_count(const securechat_config* config, const char* key,
                                    unsigned long long* count) {
  char* text = NULL;
  securechat_status status = securechat_config_get(config, key, &text);
  if (status == SECURECHAT_OK) *count = strtoull(text, NULL, 10);
  securechat_free(text);
  return status;
}

securechat_status descriptors_fit(const securechat_config* config) {
  unsigned long long connections = 0;
  unsigned long long loops = 0;
  struct rlimit limit;
  securechat_status status = read_count(config, "limits.max_connections", &connections);
  if (status == SECURECHAT_OK) status = read_count(config, "listen.threads", &loops);
  if (status != SECURECHAT_OK || connections == 0) return status;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return SECURECHAT_OK;
  limit.rlim_cur = (rlim_t)(connections + OWN_DESCRIPTORS + loops * LOOP_DESCRIPTORS);
  if (limit.rlim_max != RLIM_INFINITY && limit.rlim_cur > limit.rlim_max) {
    limit.rlim_cur = limit.rlim_max;
  }
  /* Where it cannot be set, the limit that is there holds, as it does for a host's own server. */
  (void)setrlimit(RLIMIT_NOFILE, &limit);
  return SECURECHAT_OK;
}

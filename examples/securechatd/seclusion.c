#include "seclusion.h"

#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "log.h"

securechat_status seclude(const securechat_config* config) {
  const struct rlimit none = {0, 0};
  char* dumpable = NULL;
  securechat_status status = securechat_config_get(config, "process.dumpable", &dumpable);
  if (status == SECURECHAT_OK && strcmp(dumpable, "false") == 0 &&
      (setrlimit(RLIMIT_CORE, &none) != 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)) {
    /* Whoever asks for it does not want to run without it. */
    log_say(SECURECHAT_LOG_ERROR, "process.dumpable=false is refused by the system", NULL);
    status = SECURECHAT_ERR_INTERNAL;
  }
  securechat_free(dumpable);
  return status;
}

#ifndef SECURECHATD_SECLUSION_H
#define SECURECHATD_SECLUSION_H

#include <securechat.h>

/* With process.dumpable=false: nothing of the memory, where the secrets are, gets into a core dump
 * or to a debugger of the same user. */
securechat_status seclude(const securechat_config* config);

#endif

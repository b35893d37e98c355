/* The configuration from all its sources. */
#ifndef SECURECHATD_CONFIGURATION_H
#define SECURECHATD_CONFIGURATION_H

#include "command_line.h"
#include <securechat.h>

/* Reads file, environment, --env-file and flags, in this order; later ones win. The caller frees
 * `*out`; NULL and the library's last error on failure. Reads the files anew at each call. */
securechat_status configuration_read(const struct command_line* line, securechat_config** out);

/* Makes up the secrets that are missing, for verbs that never sign or check anything with them. */
securechat_status configuration_fill_secrets(securechat_config* config, int access_too);

/* 64 random hexadecimal digits. Returns 0, or -1 when the system has no randomness. */
enum { SECRET_DIGITS = 64 };
int configuration_new_secret(char secret[SECRET_DIGITS + 1]);

#endif

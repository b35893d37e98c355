/* Lines on stderr, in the look of the server's own. */
#ifndef SECURECHATD_LOG_H
#define SECURECHATD_LOG_H

#include <securechat.h>

/* Takes the lines of the server's log. */
void log_line(int32_t level, const char* message, size_t len, void* user_data);

/* Follows the options log.format and log.level for what the program itself says. */
void log_configure(const securechat_config* config);
int32_t log_level(void);

/* Says one sentence, with a reason behind it unless that is NULL. */
void log_say(int32_t level, const char* sentence, const char* reason);

#endif

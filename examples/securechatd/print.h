/* What the program prints about itself and its configuration. */
#ifndef SECURECHATD_PRINT_H
#define SECURECHATD_PRINT_H

#include <securechat.h>

void print_help(void);
/* The configuration as a JSON file would hold it, secrets hidden; with NULL all defaults. */
securechat_status print_config(const securechat_config* config);

#endif

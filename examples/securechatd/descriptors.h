/* The limit of open files, fitted to the configuration. */
#ifndef SECURECHATD_DESCRIPTORS_H
#define SECURECHATD_DESCRIPTORS_H

#include <securechat.h>

/* Sets the soft limit to what limits.max_connections needs, up to the hard limit; leaves it alone
 * when that option is 0. Before the server starts: libwebsockets makes its table of descriptors as
 * long as the limit is then, and looks through all of it each time a connection closes. */
securechat_status descriptors_fit(const securechat_config* config);

#endif

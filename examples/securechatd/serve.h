/* Running the server. */
#ifndef SECURECHATD_SERVE_H
#define SECURECHATD_SERVE_H

#include "command_line.h"

/* Runs the server until a signal ends it. Returns the exit code. */
int serve(const struct command_line* line);
/* Tests the configuration without listening. Returns the exit code. */
int serve_check(const struct command_line* line);

#endif

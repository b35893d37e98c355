/* What the program does besides running the server. Each returns the exit code. */
#ifndef SECURECHATD_VERBS_H
#define SECURECHATD_VERBS_H

#include "command_line.h"

int verb_gen_secret(void);
int verb_check_token(const struct command_line* line);
int verb_login(const struct command_line* line);
int verb_keys(const struct command_line* line);
int verb_audit(const struct command_line* line);
int verb_doctor(const struct command_line* line);
int verb_user(const struct command_line* line);

#endif

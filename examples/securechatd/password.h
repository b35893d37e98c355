/* Passwords from people and from pipes. */
#ifndef SECURECHATD_PASSWORD_H
#define SECURECHATD_PASSWORD_H

#include <stddef.h>

/* Reads a password without its line end: one line of stdin, or twice from the terminal without
 * echo. Returns 0, or -1 after saying on stderr what was wrong. The caller wipes it. */
int password_read(int from_stdin, char* password, size_t size);

/* Reads one line of `stdin` without its end; -1 at the end or when it does not fit. */
int password_read_line(char* text, size_t size);

#endif

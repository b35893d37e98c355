#include "password.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

static int read_line(FILE* from, char* text, size_t size) {
  size_t len;
  if (fgets(text, (int)size, from) == NULL) return -1;
  len = strlen(text);
  if (len + 1 == size && text[len - 1] != '\n') return -1;
  text[strcspn(text, "\r\n")] = '\0';
  return 0;
}

int password_read_line(char* text, size_t size) {
  return read_line(stdin, text, size);
}

static int ask(FILE* terminal, const char* prompt, char* password, size_t size) {
  struct termios before;
  struct termios silent;
  const int fd = fileno(terminal);
  int result;
  if (tcgetattr(fd, &before) != 0) return -1;
  silent = before;
  silent.c_lflag &= ~(tcflag_t)ECHO;
  fputs(prompt, terminal);
  fflush(terminal);
  if (tcsetattr(fd, TCSAFLUSH, &silent) != 0) return -1;
  result = read_line(terminal, password, size);
  tcsetattr(fd, TCSAFLUSH, &before);
  fputc('\n', terminal);
  return result;
}

static int ask_twice(FILE* terminal, char* password, size_t size) {
  char again[256];
  int result = -1;
  if (ask(terminal, "Password: ", password, size) == 0 &&
      ask(terminal, "Again: ", again, sizeof again) == 0) {
    result = strcmp(password, again) == 0 ? 0 : -1;
    if (result != 0) fputs("securechatd: the two passwords differ\n", stderr);
  }
  explicit_bzero(again, sizeof again);
  return result;
}

int password_read(int from_stdin, char* password, size_t size) {
  FILE* terminal;
  int result;
  if (from_stdin) {
    result = read_line(stdin, password, size);
    if (result != 0) fputs("securechatd: stdin holds no password of at most 72 bytes\n", stderr);
    return result;
  }
  terminal = fopen("/dev/tty", "r+");
  if (terminal == NULL) {
    fputs("securechatd: there is no terminal to ask for the password; use --password-stdin\n",
          stderr);
    return -1;
  }
  setvbuf(terminal, NULL, _IONBF, 0);
  result = ask_twice(terminal, password, size);
  fclose(terminal);
  return result;
}

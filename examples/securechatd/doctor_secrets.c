/* Secrets that somebody thought up, or that others can read. */
#include <stdlib.h>
#include <string.h>

#include "doctor.h"

enum { FEW_CHARACTERS = 10 };

static size_t distinct_characters(const char* text) {
  unsigned char seen[256] = {0};
  size_t count = 0;
  for (; *text != '\0'; ++text) {
    if (seen[(unsigned char)*text]++ == 0) ++count;
  }
  return count;
}

/* Whether it is one piece again and again. */
static int repeats(const char* text) {
  const size_t len = strlen(text);
  size_t piece;
  for (piece = 1; piece <= len / 2; ++piece) {
    if (strncmp(text, text + piece, len - piece) == 0) return 1;
  }
  return 0;
}

/* Whether most characters are neighbours of those before them, as in 0123456789abcdef. */
static int walks(const char* text) {
  const size_t len = strlen(text);
  size_t steps = 0;
  size_t i;
  for (i = 1; i < len; ++i) {
    if (abs(text[i] - text[i - 1]) <= 1) ++steps;
  }
  return 2 * steps > len;
}

static int is_words(const char* text) {
  return text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_ .")] == '\0';
}

static const char* weakness_of(const char* secret) {
  if (distinct_characters(secret) < FEW_CHARACTERS) return "has few different characters";
  if (repeats(secret)) return "is one piece again and again";
  if (walks(secret)) return "goes along the alphabet";
  if (is_words(secret) && strlen(secret) < 64) return "is made of words";
  return NULL;
}

static void check_secret(struct doctor* doctor, const char* key) {
  char* secret = doctor_text(doctor, key);
  const char* weakness;
  if (secret == NULL) return;
  weakness = *secret == '\0' ? NULL : weakness_of(secret);
  if (weakness != NULL) {
    doctor_find(doctor, "who guesses it makes tokens for everybody, and can try on his own machine",
                "the output of securechatd gen-secret instead; tokens made so far become invalid",
                "%s %s", key, weakness);
  }
  explicit_bzero(secret, strlen(secret));
  free(secret);
}

void check_secret_quality(struct doctor* doctor) {
  const securechat_option* option = NULL;
  size_t i;
  for (i = 0; securechat_config_describe(i, &option) == SECURECHAT_OK; ++i) {
    if (strcmp(option->type, "secret") == 0) check_secret(doctor, option->key);
  }
}

static int is_secret(const char* key) {
  const securechat_option* option = NULL;
  size_t i;
  for (i = 0; securechat_config_describe(i, &option) == SECURECHAT_OK; ++i) {
    if (strcmp(option->key, key) == 0) return strcmp(option->type, "secret") == 0;
  }
  return 0;
}

void check_secret_in_arguments(struct doctor* doctor) {
  size_t i;
  for (i = 0; i < doctor->line->setting_count; ++i) {
    if (!is_secret(doctor->line->settings[i].key)) continue;
    doctor_find(doctor, "other users of this machine can read the arguments of a program",
                "give it in the environment, in --env-file or in --config", "%s is given as --set",
                doctor->line->settings[i].key);
  }
}

#include <stdlib.h>
#include <string.h>

#include "doctor.h"

char* doctor_text(const struct doctor* doctor, const char* key) {
  char* value = NULL;
  char* copy;
  if (securechat_config_get(doctor->config, key, &value) != SECURECHAT_OK) return strdup("");
  copy = strdup(value);
  explicit_bzero(value, strlen(value));
  securechat_free(value);
  return copy == NULL ? strdup("") : copy;
}

int doctor_is(const struct doctor* doctor, const char* key, const char* value) {
  char* text = doctor_text(doctor, key);
  const int is = text != NULL && strcmp(text, value) == 0;
  if (text != NULL) explicit_bzero(text, strlen(text));
  free(text);
  return is;
}

int doctor_is_set(const struct doctor* doctor, const char* key) {
  return !doctor_is(doctor, key, "");
}

int doctor_flag(const struct doctor* doctor, const char* key) {
  return doctor_is(doctor, key, "true") || doctor_is(doctor, key, "on");
}

unsigned long long doctor_number(const struct doctor* doctor, const char* key) {
  char* text = doctor_text(doctor, key);
  const unsigned long long number = text == NULL ? 0 : strtoull(text, NULL, 10);
  free(text);
  return number;
}

void doctor_each(struct doctor* doctor, const char* key,
                 void (*each)(struct doctor* doctor, const char* entry)) {
  char* text = doctor_text(doctor, key);
  char* rest = NULL;
  char* entry;
  if (text == NULL) return;
  for (entry = strtok_r(text, ", ", &rest); entry != NULL; entry = strtok_r(NULL, ", ", &rest)) {
    each(doctor, entry);
  }
  free(text);
}

int doctor_is_local_name(const char* host) {
  return strcmp(host, "localhost") == 0 || strncmp(host, "127.", 4) == 0 ||
         strcmp(host, "::1") == 0;
}

int doctor_listens_on_loopback(const struct doctor* doctor) {
  char* host = doctor_text(doctor, "listen.host");
  const int loopback = host != NULL && (doctor_is_local_name(host) || strcmp(host, "[::1]") == 0);
  free(host);
  return loopback;
}

void doctor_host_of(const char* origin, char* host, size_t size) {
  const char* start = strstr(origin, "://");
  size_t len;
  start = start == NULL ? origin : start + 3;
  if (*start == '[') {
    ++start;
    len = strcspn(start, "]");
  } else {
    len = strcspn(start, ":/");
  }
  if (len >= size) len = size - 1;
  memcpy(host, start, len);
  host[len] = '\0';
}

int doctor_has_public_origin(struct doctor* doctor) {
  char* text = doctor_text(doctor, "origin.allowed");
  char* rest = NULL;
  char* entry;
  int found = 0;
  if (text == NULL) return 0;
  for (entry = strtok_r(text, ", ", &rest); entry != NULL; entry = strtok_r(NULL, ", ", &rest)) {
    char host[256];
    doctor_host_of(entry, host, sizeof host);
    found = found || !doctor_is_local_name(host);
  }
  free(text);
  return found;
}

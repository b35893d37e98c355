#include "json_text.h"

#include <stdlib.h>
#include <string.h>

void json_print_string(FILE* out, const char* text) {
  const unsigned char* c;
  fputc('"', out);
  for (c = (const unsigned char*)text; *c != '\0'; ++c) {
    if (*c == '"' || *c == '\\') {
      fprintf(out, "\\%c", *c);
    } else if (*c < 0x20 || *c == 0x7f) {
      fprintf(out, "\\u%04x", *c);
    } else {
      fputc(*c, out);
    }
  }
  fputc('"', out);
}

/* Behind the string that begins at `text`, its quotes included. */
static const char* skip_string(const char* text) {
  for (++text; *text != '\0' && *text != '"'; ++text) {
    if (*text == '\\' && text[1] != '\0') ++text;
  }
  return *text == '"' ? text + 1 : text;
}

/* Escapes other than these stand for characters that are not to be shown on a terminal. */
static char unescaped(char c) {
  return c == '"' || c == '\\' || c == '/' ? c : '?';
}

static int copy_value(const char* from, char* value, size_t size) {
  const int quoted = *from == '"';
  size_t count = 0;
  if (quoted) ++from;
  while (*from != '\0' && (quoted ? *from != '"' : strchr(",}]", *from) == NULL)) {
    char c = *from++;
    if (c == '\\' && *from != '\0') {
      c = unescaped(*from);
      from += *from == 'u' && strlen(from) >= 5 ? 5 : 1;
    }
    if (count + 1 >= size) return -1;
    value[count++] = c;
  }
  value[count] = '\0';
  return 0;
}

int json_member(const char* object, const char* name, char* value, size_t size) {
  const size_t len = strlen(name);
  const char* at = object + 1;
  while (*at == '"') {
    const char* key = at + 1;
    at = skip_string(at);
    if (*at != ':') return -1;
    ++at;
    if (strncmp(key, name, len) == 0 && key[len] == '"') return copy_value(at, value, size);
    at = *at == '"' ? skip_string(at) : at + strcspn(at, ",}");
    if (*at == ',') ++at;
  }
  return -1;
}

const char* json_next_object(const char* object) {
  while (*object != '\0' && *object != '}') {
    object = *object == '"' ? skip_string(object) : object + 1;
  }
  return *object == '}' && object[1] == ',' ? object + 2 : NULL;
}

/* The little JSON that the program writes and reads. */
#ifndef SECURECHATD_JSON_TEXT_H
#define SECURECHATD_JSON_TEXT_H

#include <stddef.h>
#include <stdio.h>

/* Prints UTF-8 text as a JSON string with its quotes. */
void json_print_string(FILE* out, const char* text);

/* Copies the value of a member of the flat object that `object` begins with: the text of a string,
 * or true, false or a number as it stands. Reads what the library wrote, not JSON from anywhere.
 * Returns 0, or -1 when there is no such member or it does not fit. */
int json_member(const char* object, const char* name, char* value, size_t size);

/* The object after the one that `object` begins with, in an array of flat objects; NULL at the end.
 */
const char* json_next_object(const char* object);

#endif

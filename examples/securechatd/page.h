/* The chat page, compiled into the program. */
#ifndef SECURECHATD_PAGE_H
#define SECURECHATD_PAGE_H

#include <stddef.h>

#include <securechat.h>

struct page_file {
  const char* path; /* NULL ends the list. */
  const char* content_type;
  const unsigned char* data;
  size_t size;
};
extern const struct page_file page_files[];

/* Gives the server every file of the page. */
securechat_status page_register(securechat_server* server);

#endif

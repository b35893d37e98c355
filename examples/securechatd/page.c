#include "page.h"

securechat_status page_register(securechat_server* server) {
  const struct page_file* file;
  for (file = page_files; file->path != NULL; ++file) {
    securechat_status status = securechat_server_add_static(server, file->path, file->content_type,
                                                            file->data, file->size);
    if (status != SECURECHAT_OK) return status;
  }
  return SECURECHAT_OK;
}

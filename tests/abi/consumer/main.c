#include <securechat.h>

int main(void) {
  securechat_config* config = securechat_config_new();
  securechat_server* server = 0;
  const securechat_status refused = securechat_server_create(config, &server);
  securechat_config_free(config);
  return refused == SECURECHAT_ERR_INVALID && securechat_version() == SECURECHAT_VERSION ? 0 : 1;
}

/* The smallest host: a chat server on http://127.0.0.1:3000 until Enter is pressed. The secrets
 * come from the environment: JWT_SECRET and JWT_REFRESH_SECRET, each made by `securechatd
 * gen-secret`. */
#include <stdio.h>

#include <securechat.h>

int main(void) {
  securechat_config* config = securechat_config_new();
  securechat_server* server = NULL;
  if (config == NULL || securechat_config_load_env(config, NULL) != SECURECHAT_OK ||
      securechat_server_create(config, &server) != SECURECHAT_OK ||
      securechat_server_start(server) != SECURECHAT_OK) {
    fprintf(stderr, "%s\n", securechat_last_error());
    securechat_server_destroy(server);
    securechat_config_free(config);
    return 1;
  }
  securechat_config_free(config);
  puts("listening; press Enter to stop");
  getchar();
  securechat_server_stop(server, 5000);
  return securechat_server_destroy(server) == SECURECHAT_OK ? 0 : 1;
}

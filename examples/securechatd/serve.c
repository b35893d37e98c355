#include "serve.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "configuration.h"
#include "descriptors.h"
#include "log.h"
#include "page.h"
#include "seclusion.h"
#include <securechat.h>

enum { DRAIN_MS = 10000 };

static void end_now(int signal_number) {
  (void)signal_number;
  _exit(EXIT_RUNTIME);
}

/* The signals of the program are taken by sigwait in this thread; the server's threads, which start
 * later, inherit the mask. SIGPIPE would end the program when whoever reads its output goes. */
static void block_signals(sigset_t* signals) {
  struct sigaction ignore;
  memset(&ignore, 0, sizeof ignore);
  ignore.sa_handler = SIG_IGN;
  sigaction(SIGPIPE, &ignore, NULL);
  sigemptyset(signals);
  sigaddset(signals, SIGTERM);
  sigaddset(signals, SIGINT);
  sigaddset(signals, SIGHUP);
  pthread_sigmask(SIG_BLOCK, signals, NULL);
}

/* From here on a signal ends the program at once: whoever sends a second one is in a hurry. */
static void let_signals_end(void) {
  struct sigaction end;
  sigset_t ending;
  memset(&end, 0, sizeof end);
  end.sa_handler = end_now;
  sigaction(SIGTERM, &end, NULL);
  sigaction(SIGINT, &end, NULL);
  sigemptyset(&ending);
  sigaddset(&ending, SIGTERM);
  sigaddset(&ending, SIGINT);
  pthread_sigmask(SIG_UNBLOCK, &ending, NULL);
}

static void reload(const struct command_line* line, securechat_server* server) {
  securechat_config* config = NULL;
  securechat_status status = configuration_read(line, &config);
  if (status == SECURECHAT_OK) status = securechat_server_reload(server, config);
  if (status == SECURECHAT_OK) {
    /* The server itself has logged it. */
    log_configure(config);
  } else {
    log_say(SECURECHAT_LOG_ERROR, "reload refused, the old configuration stays",
            securechat_last_error());
  }
  securechat_config_free(config);
}

static void wait_for_end(const struct command_line* line, securechat_server* server,
                         const sigset_t* signals) {
  for (;;) {
    int signal_number = 0;
    if (sigwait(signals, &signal_number) != 0) continue;
    if (signal_number != SIGHUP) return;
    reload(line, server);
  }
}

static int failed(securechat_status status) {
  fprintf(stderr, "securechatd: %s\n", securechat_last_error());
  return status == SECURECHAT_ERR_INVALID ? EXIT_USAGE : EXIT_RUNTIME;
}

static int run(const struct command_line* line, securechat_server* server,
               const sigset_t* signals) {
  char* url = NULL;
  securechat_status status = page_register(server);
  if (status == SECURECHAT_OK) status = securechat_server_start(server);
  if (status == SECURECHAT_OK) status = securechat_server_url(server, &url);
  if (status != SECURECHAT_OK) return failed(status);
  printf("listening on %s\n", url);
  fflush(stdout);
  securechat_free(url);

  wait_for_end(line, server, signals);
  let_signals_end();
  log_say(SECURECHAT_LOG_INFO, "stopping; a second signal ends at once", NULL);
  status = securechat_server_stop(server, DRAIN_MS);
  return status == SECURECHAT_OK ? EXIT_CLEAN : failed(status);
}

/* Configuration and server from the command line; the exit code of a failure, or EXIT_CLEAN. */
static int prepare(const struct command_line* line, securechat_server** server) {
  securechat_config* config = NULL;
  securechat_status status = configuration_read(line, &config);
  *server = NULL;
  if (status == SECURECHAT_OK) {
    log_configure(config);
    status = descriptors_fit(config);
  }
  if (status == SECURECHAT_OK) status = seclude(config);
  if (status == SECURECHAT_OK) {
    status = securechat_server_create(config, server);
  }
  securechat_config_free(config);
  return status == SECURECHAT_OK ? EXIT_CLEAN : failed(status);
}

int serve(const struct command_line* line) {
  securechat_server* server = NULL;
  sigset_t signals;
  int result;
  block_signals(&signals);
  result = prepare(line, &server);
  if (result != EXIT_CLEAN) return result;
  securechat_server_set_log(server, log_level(), log_line, NULL, NULL);
  result = run(line, server, &signals);
  securechat_server_destroy(server);
  return result;
}

int serve_check(const struct command_line* line) {
  securechat_server* server = NULL;
  const int result = prepare(line, &server);
  if (result == EXIT_CLEAN) puts("the configuration is good");
  securechat_server_destroy(server);
  return result;
}

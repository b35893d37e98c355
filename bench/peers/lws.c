/* A broadcaster as libwebsockets' own examples are written (minimal-ws-server-ring): its poll loop,
 * one ring of messages, one lws_write per WRITEABLE. */
#include <cJSON.h>
#include <libwebsockets.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define RING_SIZE 1024
#define MAX_MESSAGE 4096

struct message {
  void* payload; /* With LWS_PRE bytes in front. */
  size_t length;
};

struct person {
  struct person* next;
  struct lws* wsi;
  uint32_t tail;
  char partial[MAX_MESSAGE];
  size_t partial_length;
};

static struct lws_ring* ring;
static struct person* people;
static volatile sig_atomic_t ended;

static void destroy_message(void* element) {
  struct message* message = element;
  free(message->payload);
  message->payload = NULL;
}

/* Parses what a client says and wraps it with name and time; 0 when it is no message. */
static size_t wrap(const char* text, size_t length, char* out, size_t size) {
  size_t written = 0;
  cJSON* in = cJSON_ParseWithLength(text, length);
  const cJSON* data = cJSON_GetObjectItemCaseSensitive(in, "data");
  const cJSON* message = cJSON_GetObjectItemCaseSensitive(data, "message");
  if (cJSON_IsString(message)) {
    struct timespec now;
    struct tm parts;
    char seconds[32];
    char stamp[48];
    cJSON* outer = cJSON_CreateObject();
    cJSON* inner = cJSON_AddObjectToObject(outer, "data");
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &parts);
    strftime(seconds, sizeof seconds, "%Y-%m-%dT%H:%M:%S", &parts);
    snprintf(stamp, sizeof stamp, "%s.%03dZ", seconds, (int)(now.tv_nsec / 1000000));
    cJSON_AddStringToObject(inner, "username", "somebody");
    cJSON_AddStringToObject(inner, "message", message->valuestring);
    cJSON_AddStringToObject(inner, "timestamp", stamp);
    {
      char* printed = cJSON_PrintUnformatted(inner);
      const int n = snprintf(out, size, "{\"type\":\"receive-message\",\"data\":%s}", printed);
      written = n > 0 && (size_t)n < size ? (size_t)n : 0;
      cJSON_free(printed);
    }
    cJSON_Delete(outer);
  }
  cJSON_Delete(in);
  return written;
}

static void broadcast(const char* text, size_t length) {
  char wrapped[2 * MAX_MESSAGE];
  struct message message;
  struct person* person;
  message.length = wrap(text, length, wrapped, sizeof wrapped);
  if (message.length == 0) return;
  message.payload = malloc(LWS_PRE + message.length);
  if (message.payload == NULL) return;
  memcpy((char*)message.payload + LWS_PRE, wrapped, message.length);
  if (lws_ring_insert(ring, &message, 1) != 1) {
    destroy_message(&message);
    fprintf(stderr, "peer-lws: the ring is full\n");
    return;
  }
  for (person = people; person != NULL; person = person->next)
    lws_callback_on_writable(person->wsi);
}

static int write_one(struct person* person) {
  const struct message* message = lws_ring_get_element(ring, &person->tail);
  if (message == NULL) return 0;
  if (lws_write(person->wsi, (unsigned char*)message->payload + LWS_PRE, message->length,
                LWS_WRITE_TEXT) < (int)message->length) {
    return -1;
  }
  lws_ring_consume_and_update_oldest_tail(ring, struct person, &person->tail, 1, people, tail,
                                          next);
  if (lws_ring_get_element(ring, &person->tail) != NULL) lws_callback_on_writable(person->wsi);
  return 0;
}

static int receive(struct person* person, const void* in, size_t length) {
  if (length > MAX_MESSAGE - person->partial_length) return -1;
  memcpy(person->partial + person->partial_length, in, length);
  person->partial_length += length;
  if (!lws_is_final_fragment(person->wsi) || lws_remaining_packet_payload(person->wsi) != 0)
    return 0;
  length = person->partial_length;
  person->partial_length = 0;
  broadcast(person->partial, length);
  return 0;
}

static int on_event(struct lws* wsi, enum lws_callback_reasons reason, void* user, void* in,
                    size_t length) {
  struct person* person = user;
  switch (reason) {
    case LWS_CALLBACK_ESTABLISHED:
      person->wsi = wsi;
      person->tail = lws_ring_get_oldest_tail(ring);
      /* Only what comes from now on. */
      while (lws_ring_get_element(ring, &person->tail) != NULL)
        lws_ring_consume(ring, &person->tail, NULL, 1);
      lws_ll_fwd_insert(person, next, people);
      return 0;
    case LWS_CALLBACK_CLOSED:
      lws_ll_fwd_remove(struct person, next, person, people);
      return 0;
    case LWS_CALLBACK_RECEIVE:
      return receive(person, in, length);
    case LWS_CALLBACK_SERVER_WRITEABLE:
      return write_one(person);
    default:
      return 0;
  }
}

static void on_signal(int signal_number) {
  (void)signal_number;
  ended = 1;
}

static const char* argument(int argc, char** argv, const char* name) {
  int i;
  for (i = 1; i + 1 < argc; i++) {
    if (strcmp(argv[i], name) == 0) return argv[i + 1];
  }
  return NULL;
}

int main(int argc, char** argv) {
  static const struct lws_protocols protocols[] = {
      {"http", on_event, sizeof(struct person), 4096, 0, NULL, 0}, {NULL, NULL, 0, 0, 0, NULL, 0}};
  struct lws_context_creation_info info;
  struct lws_context* context;
  struct lws_vhost* vhost;
  memset(&info, 0, sizeof info);
  lws_set_log_level(LLL_ERR, NULL);
  signal(SIGTERM, on_signal);
  ring = lws_ring_create(sizeof(struct message), RING_SIZE, destroy_message);
  info.port = 0;
  info.iface = "127.0.0.1";
  info.protocols = protocols;
  info.options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS;
  info.ssl_cert_filepath = argument(argc, argv, "--cert");
  info.ssl_private_key_filepath = argument(argc, argv, "--key");
  if (info.ssl_cert_filepath != NULL) info.options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
  context = lws_create_context(&info);
  vhost = context == NULL ? NULL : lws_create_vhost(context, &info);
  if (vhost == NULL || ring == NULL) {
    fprintf(stderr, "peer-lws: libwebsockets did not start\n");
    return 1;
  }
  printf("listening on %s://127.0.0.1:%d\n", info.ssl_cert_filepath != NULL ? "https" : "http",
         lws_get_vhost_listen_port(vhost));
  fflush(stdout);
  while (!ended && lws_service(context, 0) >= 0) {
  }
  lws_context_destroy(context);
  lws_ring_destroy(ring);
  return 0;
}

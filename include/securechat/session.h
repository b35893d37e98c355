/**
 * @file securechat/session.h
 * @brief Sessions: who comes and goes, sending events, rooms.
 */
#ifndef SECURECHAT_SESSION_H
#define SECURECHAT_SESSION_H

#include "common.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Who receives an event. A structure of zeros, but for its size, is everyone in `/`. */
typedef struct securechat_target {
  uint32_t struct_size;       /**< `sizeof(securechat_target)`. */
  uint32_t reserved;          /**< 0. */
  const char* nsp;            /**< The namespace, beginning with `/`; NULL for that of
                                   `session`, or for `/` when that is 0. */
  const char* room;           /**< Only members of this room; NULL for all. */
  const char* user_id;        /**< Only sessions of this user; NULL for all. */
  securechat_session session; /**< Only this session; 0 for all. */
  securechat_session except;  /**< Everyone but this session; 0 for no exception. */
} securechat_target;

/**
 * Hears that a session has begun or ended.
 *
 * @param server the server.
 * @param session the session.
 * @param user_id whose it is; borrowed for the call, never NULL.
 * @param detail the namespace when it begins, the reason when it ends; borrowed for the call, never
 *        NULL.
 * @param user_data what was given at the registration.
 *
 * **Thread:** the event loop of the session's connection, one callback of a loop at a time; with
 * `listen.threads` over 1 several loops call at the same time. It must not block.
 */
typedef void (*securechat_session_fn)(securechat_server* server, securechat_session session,
                                      const char* user_id, const char* detail, void* user_data);

/**
 * Sets the callback for sessions that begin.
 *
 * @param server the server.
 * @param callback hears of them, after the session is in its default room.
 * @param user_data passed to `callback`.
 * @param destroy frees `user_data`, or NULL.
 * @return ::SECURECHAT_OK; ::SECURECHAT_ERR_STATE after the start.
 *
 * **Thread:** any, before the start.
 */
SECURECHAT_API securechat_status securechat_server_on_connect(securechat_server* server,
                                                              securechat_session_fn callback,
                                                              void* user_data,
                                                              securechat_destroy_fn destroy);

/**
 * Sets the callback for sessions that end.
 *
 * @param server the server.
 * @param callback hears of them; the session answers ::SECURECHAT_ERR_NOT_FOUND already.
 * @param user_data passed to `callback`.
 * @param destroy frees `user_data`, or NULL.
 * @return ::SECURECHAT_OK; ::SECURECHAT_ERR_STATE after the start.
 *
 * **Thread:** any, before the start.
 */
SECURECHAT_API securechat_status securechat_server_on_disconnect(securechat_server* server,
                                                                 securechat_session_fn callback,
                                                                 void* user_data,
                                                                 securechat_destroy_fn destroy);

/**
 * Sends an event to everyone whom a target names.
 *
 * @param server the server.
 * @param target who receives it; NULL for everyone in `/`.
 * @param event the event's name; not empty, and none of connect, connect_error, disconnect,
 *        disconnecting, newListener, removeListener.
 * @param json_args the event's arguments as a JSON array, such as `[{"n":1}]`, checked before the
 *        call returns; NULL for none.
 * @param len its length in bytes, or ::SECURECHAT_ZSTR; any when `json_args` is NULL.
 * @return ::SECURECHAT_OK when it is on its way, also to nobody; ::SECURECHAT_ERR_NOT_FOUND for a
 *         session that has ended; ::SECURECHAT_ERR_STATE when the server does not run.
 *
 * **Thread:** any, also from callbacks; never blocks.
 */
SECURECHAT_API securechat_status securechat_server_emit(securechat_server* server,
                                                        const securechat_target* target,
                                                        const char* event, const char* json_args,
                                                        size_t len);

/**
 * As securechat_server_emit(), with binary attachments. Plain WebSocket peers, whose protocol is
 * text, do not receive it.
 *
 * @param server the server.
 * @param target who receives it; NULL for everyone in `/`.
 * @param event the event's name, as for securechat_server_emit().
 * @param json_args a JSON array that holds `{"_placeholder":true,"num":i}` once for each
 *        attachment, numbered from 0 in the order in which they stand.
 * @param len its length in bytes, or ::SECURECHAT_ZSTR.
 * @param attachments the attachments; copied.
 * @param count how many; at most 10, and together at most `limits.payload` bytes.
 * @return as securechat_server_emit(); ::SECURECHAT_ERR_INVALID when arguments and attachments do
 *         not agree.
 *
 * **Thread:** any, also from callbacks; never blocks.
 */
SECURECHAT_API securechat_status securechat_server_emit_binary(
    securechat_server* server, const securechat_target* target, const char* event,
    const char* json_args, size_t len, const securechat_blob* attachments, size_t count);

/**
 * Hears how an event that asked for an acknowledgement ended.
 *
 * @param server the server.
 * @param session the session that it was sent to.
 * @param status ::SECURECHAT_OK when the client acknowledged; ::SECURECHAT_ERR_AGAIN when it did
 *        not in time, or 256 acknowledgements of the session are waited for;
 *        ::SECURECHAT_ERR_NOT_FOUND when the session ended before.
 * @param json_args what the client answered, a JSON array; `[]` otherwise. Borrowed for the call.
 *        Of binary attachments it has the placeholders only;
 * securechat_server_emit_binary_with_ack() hands them over.
 * @param len its length in bytes.
 * @param user_data what was given with the event.
 *
 * **Thread:** the event loop of the session's connection; it must not block. When the server is
 * being stopped it may be another.
 */
typedef void (*securechat_ack_fn)(securechat_server* server, securechat_session session,
                                  securechat_status status, const char* json_args, size_t len,
                                  void* user_data);

/**
 * Sends an event to one session and hears what its client answers. A plain WebSocket answers with
 * `{"type":"ack","ref":...,"data":...}`, where `ref` is that of the event.
 *
 * @param server the server.
 * @param session the session.
 * @param event the event's name, as for securechat_server_emit().
 * @param json_args the event's arguments as a JSON array; NULL for none.
 * @param len its length in bytes, or ::SECURECHAT_ZSTR; any when `json_args` is NULL.
 * @param timeout_ms how long to wait for the answer, in milliseconds; at least 1.
 * @param callback hears of the end, exactly once when this call succeeds, never when it fails.
 * @param user_data passed to `callback`.
 * @param destroy frees `user_data` after that, or when this call fails; or NULL.
 * @return ::SECURECHAT_OK when it is on its way; ::SECURECHAT_ERR_NOT_FOUND for a session that has
 *         ended; ::SECURECHAT_ERR_INVALID; ::SECURECHAT_ERR_STATE when the server does not run.
 *
 * **Thread:** any, also from callbacks; never blocks.
 */
SECURECHAT_API securechat_status securechat_server_emit_with_ack(
    securechat_server* server, securechat_session session, const char* event, const char* json_args,
    size_t len, int32_t timeout_ms, securechat_ack_fn callback, void* user_data,
    securechat_destroy_fn destroy);

/**
 * As ::securechat_ack_fn, with the binary attachments of the answer.
 *
 * @param server the server.
 * @param session the session that it was sent to.
 * @param status as for ::securechat_ack_fn; besides ::SECURECHAT_ERR_UNSUPPORTED when the event has
 *        attachments and the session is a plain WebSocket's, whose protocol is text.
 * @param json_args what the client answered, a JSON array, in which
 *        `{"_placeholder":true,"num":i}` stands for attachment `i`; `[]` otherwise. Borrowed for
 * the call.
 * @param len its length in bytes.
 * @param attachments the attachments, borrowed for the call; NULL when there are none.
 * @param count how many.
 * @param user_data what was given with the event.
 *
 * **Thread:** as for ::securechat_ack_fn.
 */
typedef void (*securechat_binary_ack_fn)(securechat_server* server, securechat_session session,
                                         securechat_status status, const char* json_args,
                                         size_t len, const securechat_blob* attachments,
                                         size_t count, void* user_data);

/**
 * As securechat_server_emit_with_ack(), with binary attachments both ways.
 *
 * @param server the server.
 * @param session the session.
 * @param event the event's name, as for securechat_server_emit().
 * @param json_args the event's arguments, as for securechat_server_emit_binary(); NULL for none.
 * @param len its length in bytes, or ::SECURECHAT_ZSTR; any when `json_args` is NULL.
 * @param attachments the attachments; copied. NULL for none.
 * @param count how many; at most 10, and together at most `limits.payload` bytes.
 * @param timeout_ms how long to wait for the answer, in milliseconds; at least 1.
 * @param callback hears of the end, exactly once when this call succeeds, never when it fails.
 * @param user_data passed to `callback`.
 * @param destroy frees `user_data` after that, or when this call fails; or NULL.
 * @return as securechat_server_emit_with_ack(); ::SECURECHAT_ERR_INVALID also when arguments and
 *         attachments do not agree.
 *
 * **Thread:** any, also from callbacks; never blocks.
 */
SECURECHAT_API securechat_status securechat_server_emit_binary_with_ack(
    securechat_server* server, securechat_session session, const char* event, const char* json_args,
    size_t len, const securechat_blob* attachments, size_t count, int32_t timeout_ms,
    securechat_binary_ack_fn callback, void* user_data, securechat_destroy_fn destroy);

/**
 * Puts a session into a room, which is created when there is none.
 *
 * @param server the server.
 * @param session the session.
 * @param room the room's name; not empty.
 * @return ::SECURECHAT_OK when it is on its way; ::SECURECHAT_ERR_NOT_FOUND for a session that has
 *         ended; ::SECURECHAT_ERR_STATE when the server does not run.
 *
 * **Thread:** any, also from callbacks; never blocks.
 */
SECURECHAT_API securechat_status securechat_server_join(securechat_server* server,
                                                        securechat_session session,
                                                        const char* room);

/**
 * Takes a session out of a room.
 *
 * @param server the server.
 * @param session the session.
 * @param room the room's name; not empty.
 * @return ::SECURECHAT_OK when it is on its way; ::SECURECHAT_ERR_NOT_FOUND for a session that has
 *         ended; ::SECURECHAT_ERR_STATE when the server does not run.
 *
 * **Thread:** any, also from callbacks; never blocks.
 */
SECURECHAT_API securechat_status securechat_server_leave(securechat_server* server,
                                                         securechat_session session,
                                                         const char* room);

/**
 * Ends a session. A Socket.IO client sees `io server disconnect` and does not come back by itself.
 * Sessions of the same connection in other namespaces go on; with the last one it closes.
 *
 * @param server the server.
 * @param session the session.
 * @param reason what ::securechat_session_fn and the log are told; NULL for none.
 * @return ::SECURECHAT_OK when it is on its way; ::SECURECHAT_ERR_NOT_FOUND for a session that has
 *         ended; ::SECURECHAT_ERR_STATE when the server does not run.
 *
 * **Thread:** any, also from callbacks; never blocks.
 */
SECURECHAT_API securechat_status securechat_server_disconnect(securechat_server* server,
                                                              securechat_session session,
                                                              const char* reason);

#ifdef __cplusplus
}
#endif

#endif /* SECURECHAT_SESSION_H */

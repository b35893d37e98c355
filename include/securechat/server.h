/**
 * @file securechat/server.h
 * @brief The server's life: create, register callbacks, start, reload, stop, destroy.
 */
#ifndef SECURECHAT_SERVER_H
#define SECURECHAT_SERVER_H

#include "common.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Makes a server. It neither listens nor opens its database yet; callbacks are registered now.
 *
 * @param config what the server is to be; copied, so that it may be freed at once.
 * @param out receives the server, which the caller ends with securechat_server_destroy(); NULL when
 *        the call fails.
 * @return ::SECURECHAT_OK; ::SECURECHAT_ERR_INVALID when options are missing or do not fit together
 *         (no secrets, `tls.cert` without `tls.key`, a key file that everyone may read):
 *         securechat_last_error() names the option and the cure.
 *
 * **Thread:** any.
 */
SECURECHAT_API securechat_status securechat_server_create(const securechat_config* config,
                                                          securechat_server** out);

/**
 * Declares a namespace beside `/`, for Socket.IO clients to join. Each has sessions, rooms and
 * events of its own, and every join passes the same filters as one of `/`. What is not declared is
 * refused after the filters: `Invalid namespace`, code `INVALID_NAMESPACE`.
 *
 * @param server the server.
 * @param name_or_pattern such as `/admin`, or a pattern such as `/project-*`, where `*` stands for
 *        one or more characters other than `/`. It begins with `/`, is UTF-8 text of at most 256
 *        bytes, and has no control character, comma, question mark, empty part between its
 *        slashes, or `**`. When several patterns stand for a name, the one that was declared first
 *        counts. A namespace of a pattern comes with its first session and goes with its last; each
 *        event loop holds at most 10000 of them, and beyond that a join hears `Server busy`.
 * @return ::SECURECHAT_OK; ::SECURECHAT_ERR_EXISTS when it is declared already, as `/` always is;
 *         ::SECURECHAT_ERR_INVALID for anything else than such a name or pattern;
 *         ::SECURECHAT_ERR_STATE after the start.
 *
 * **Thread:** any, before the start.
 */
SECURECHAT_API securechat_status securechat_server_declare_namespace(securechat_server* server,
                                                                     const char* name_or_pattern);

/**
 * Opens the database, listens and starts the server's threads. It returns when connections are
 * accepted.
 *
 * @param server the server.
 * @return ::SECURECHAT_OK; ::SECURECHAT_ERR_STATE for a second start, also after a stop;
 *         ::SECURECHAT_ERR_NETWORK when the address cannot be listened on;
 *         ::SECURECHAT_ERR_DATABASE; ::SECURECHAT_ERR_TLS.
 *
 * **Thread:** any but a callback's. Blocks.
 */
SECURECHAT_API securechat_status securechat_server_start(securechat_server* server);

/**
 * Puts new values of options into a running server without dropping a connection: secrets, origins,
 * limits, the log's level and format. Options that cannot change while it runs keep their
 * values until the next start.
 *
 * @param server the server.
 * @param config the whole new configuration; copied.
 * @return ::SECURECHAT_OK; ::SECURECHAT_ERR_INVALID as in securechat_server_create(), and then
 *         everything stays as it was; ::SECURECHAT_ERR_STATE when the server does not run.
 *
 * **Thread:** any but a callback's. Waits for a start or stop that is under way. Secrets hold when
 * it returns; origins and limits hold from the next turn of the event loop.
 */
SECURECHAT_API securechat_status securechat_server_reload(securechat_server* server,
                                                          const securechat_config* config);

/**
 * Stops a server: accepts nothing more, sends what waits, closes all connections, ends the threads.
 * Stopping a server that was stopped before, or NULL, does nothing.
 *
 * @param server the server, or NULL.
 * @param drain_ms how long connections may take to accept what waits for them, in milliseconds,
 *        from 0 on. Peers then have one second to take the close frame; it never waits longer.
 * @return ::SECURECHAT_OK; ::SECURECHAT_ERR_STATE from inside a callback;
 *         ::SECURECHAT_ERR_INVALID for a negative time.
 *
 * **Thread:** any but a callback's. Blocks.
 */
SECURECHAT_API securechat_status securechat_server_stop(securechat_server* server,
                                                        int32_t drain_ms);

/**
 * Ends a server and frees it; stops it without draining when it still runs. Every
 * ::securechat_destroy_fn has been called when this returns.
 *
 * @param server the server, or NULL, which does nothing. After success the handle is gone; no other
 *        thread may be in a call with it.
 * @return ::SECURECHAT_OK; ::SECURECHAT_ERR_STATE from inside one of its callbacks, and
 *         ::SECURECHAT_ERR_FORKED in a child process: then it lives on.
 *
 * **Thread:** any but a callback's. Blocks.
 */
SECURECHAT_API securechat_status securechat_server_destroy(securechat_server* server);

/**
 * Where the server listens, with the port that was picked for `listen.port=0`.
 *
 * @param server the server.
 * @param out receives such as `http://127.0.0.1:3000`; free it with securechat_free().
 * @return ::SECURECHAT_OK; ::SECURECHAT_ERR_STATE before the start and after the stop.
 *
 * **Thread:** any.
 */
SECURECHAT_API securechat_status securechat_server_url(const securechat_server* server, char** out);

/**
 * Gives the server a file to serve from memory, such as a page that is part of the host. When the
 * option `http.static_dir` is set, that folder takes the place of all of them.
 *
 * @param server the server.
 * @param path where it is served, beginning with `/`; `/index.html` also answers `/`. A later call
 *        for the same path replaces the earlier one.
 * @param content_type the media type, such as `text/html; charset=utf-8`.
 * @param data the file; copied. May be NULL when `len` is 0.
 * @param len its length in bytes, or ::SECURECHAT_ZSTR.
 * @return ::SECURECHAT_OK; ::SECURECHAT_ERR_STATE after the start; ::SECURECHAT_ERR_INVALID for a
 *         path without `/` in front, or a media type with control characters.
 *
 * **Thread:** any, before the start.
 */
SECURECHAT_API securechat_status securechat_server_add_static(securechat_server* server,
                                                              const char* path,
                                                              const char* content_type,
                                                              const void* data, size_t len);

/**
 * Chooses who gets the server's log. Without one the server is silent.
 *
 * @param server the server.
 * @param level the least grave level that is wanted, one of `SECURECHAT_LOG_*`; it takes the place
 *        of the option `log.level` until the next reload.
 * @param log takes the lines; NULL makes the server silent again.
 * @param user_data passed to `log`.
 * @param destroy frees `user_data`, or NULL.
 * @return ::SECURECHAT_OK; ::SECURECHAT_ERR_INVALID for another level.
 *
 * **Thread:** any, but not from the log callback. It may be called before and after the start.
 */
SECURECHAT_API securechat_status securechat_server_set_log(securechat_server* server, int32_t level,
                                                           securechat_log_fn log, void* user_data,
                                                           securechat_destroy_fn destroy);

/**
 * Chooses who gets the lines of the audit log, beside the file of the option `log.audit_file`: one
 * JSON object for each event of security, as the README lists them, without the members that chain
 * the lines of the file.
 *
 * @param server the server.
 * @param audit takes the lines, those of what went well with ::SECURECHAT_LOG_INFO, others with
 *        ::SECURECHAT_LOG_WARN; NULL ends it. It is called on a thread of the audit log alone, one
 *        line at a time, and may take its time: what it holds up are other lines of this log, of
 *        which at most 4096 wait; further ones are dropped, counted and said in a line
 *        `audit.dropped`. It must not call the server.
 * @param user_data passed to `audit`.
 * @param destroy frees `user_data`, or NULL. It runs after the last call of `audit`, which may
 *        still be running when another one is chosen, and which securechat_server_stop() leaves
 *        behind when it does not return within two seconds.
 * @return ::SECURECHAT_OK; ::SECURECHAT_ERR_THREAD when no thread is to be had.
 *
 * **Thread:** any, but neither from the callback nor from the log callback. It may be called before
 * and after the start.
 */
SECURECHAT_API securechat_status securechat_server_set_audit(securechat_server* server,
                                                             securechat_log_fn audit,
                                                             void* user_data,
                                                             securechat_destroy_fn destroy);

/**
 * Verifies an audit log: finds lines that were changed, removed, inserted or put elsewhere.
 *
 * @param config where `log.audit_key` is, with which the file was written; its other options do not
 *        matter.
 * @param fd what to read until its end: a file or a pipe, such as several files of one log in the
 *        order in which they were written. It is left open.
 * @param[out] out the report as JSON, also when the log is not intact: `{"intact":true,"lines":3,
 *        "first_seq":1,"last_seq":3,"head":"...","keyed":3,"findings":[{"line":2,"fault":true,
 *        "what":"..."}]}`. `head` is the digest of the newest line: kept elsewhere, it also shows
 *        that lines were cut off at the end. Findings that are no fault tell of torn lines and of
 *        where a rotated file goes on from. Of more than 100 findings the first ones are listed.
 * @return ::SECURECHAT_OK when the log is intact; ::SECURECHAT_ERR_DENIED when it is not;
 *         ::SECURECHAT_ERR_AUTH when its lines need a key and there is none;
 *         ::SECURECHAT_ERR_INVALID when `fd` cannot be read.
 *
 * **Thread:** any; it reads until the end.
 */
SECURECHAT_API securechat_status securechat_audit_verify(const securechat_config* config, int fd,
                                                         char** out);

#ifdef __cplusplus
}
#endif

#endif /* SECURECHAT_SERVER_H */

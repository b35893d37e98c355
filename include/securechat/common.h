/**
 * @file securechat/common.h
 * @brief Versions, result codes, errors and the types that the other headers share.
 *
 * Callbacks return to the library. One that ends its thread instead, by pthread_exit or because it
 * is cancelled, ends the event loop that called it: the loop's connections and sessions end, what
 * it held is not freed, and the server is otherwise as it was and can be stopped and destroyed.
 */
#ifndef SECURECHAT_COMMON_H
#define SECURECHAT_COMMON_H

#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define SECURECHAT_API __attribute__((visibility("default")))
#else
#define SECURECHAT_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/** The version of these headers; securechat_version() tells that of the library. */
#define SECURECHAT_VERSION_MAJOR 0
#define SECURECHAT_VERSION_MINOR 1
#define SECURECHAT_VERSION_PATCH 0
#define SECURECHAT_VERSION_STRING "0.1.0"
#define SECURECHAT_VERSION                                                                  \
  (((uint32_t)SECURECHAT_VERSION_MAJOR << 16) | ((uint32_t)SECURECHAT_VERSION_MINOR << 8) | \
   (uint32_t)SECURECHAT_VERSION_PATCH)

/** As a length: the text goes up to its terminating NUL. */
#define SECURECHAT_ZSTR ((size_t)-1)

/** The outcome of a call: ::SECURECHAT_OK, or one of the negative `SECURECHAT_ERR_*`. */
typedef int32_t securechat_status;

/** The call did what it says. */
#define SECURECHAT_OK ((securechat_status)0)
/** An argument or a configuration value is not acceptable. */
#define SECURECHAT_ERR_INVALID ((securechat_status)-1)
/** Memory is exhausted. */
#define SECURECHAT_ERR_NO_MEMORY ((securechat_status)-2)
/** Not possible in this state: not started, already started, stopped, or inside a callback. */
#define SECURECHAT_ERR_STATE ((securechat_status)-3)
/** There is no such user, session, option or field. */
#define SECURECHAT_ERR_NOT_FOUND ((securechat_status)-4)
/** There is one already. */
#define SECURECHAT_ERR_EXISTS ((securechat_status)-5)
/** A queue is full; the same call may succeed later. */
#define SECURECHAT_ERR_AGAIN ((securechat_status)-6)
/** A token or password was refused. */
#define SECURECHAT_ERR_AUTH ((securechat_status)-7)
/** The rules do not permit it. */
#define SECURECHAT_ERR_DENIED ((securechat_status)-8)
/** The database failed: a full disk, a damaged file, missing permissions. */
#define SECURECHAT_ERR_DATABASE ((securechat_status)-9)
/** A certificate or key cannot be used. */
#define SECURECHAT_ERR_TLS ((securechat_status)-10)
/** The address cannot be listened on. */
#define SECURECHAT_ERR_NETWORK ((securechat_status)-11)
/** The server belongs to a parent process. */
#define SECURECHAT_ERR_FORKED ((securechat_status)-12)
/** A thread could not be started, or the call came from a thread that may not make it. */
#define SECURECHAT_ERR_THREAD ((securechat_status)-13)
/** This version or build cannot do it. */
#define SECURECHAT_ERR_UNSUPPORTED ((securechat_status)-14)
/** A defect of the library; please report it with the text of securechat_last_error(). */
#define SECURECHAT_ERR_INTERNAL ((securechat_status)-15)

/** What a filter or hook answers. */
typedef int32_t securechat_verdict;

/** No opinion: the next filter decides; after the last one it goes on as if allowed. */
#define SECURECHAT_VERDICT_NEXT ((securechat_verdict)0)
/** In favour; filters after this one are not asked. The built-in checks hold all the same. */
#define SECURECHAT_VERDICT_ALLOW ((securechat_verdict)1)
/** Refused. A value that is none of these counts as this one. */
#define SECURECHAT_VERDICT_DENY ((securechat_verdict)2)

/** Levels of the log, from the gravest on; also the order of the option `log.level`. */
#define SECURECHAT_LOG_ERROR ((int32_t)0)
#define SECURECHAT_LOG_WARN ((int32_t)1)
#define SECURECHAT_LOG_INFO ((int32_t)2)
#define SECURECHAT_LOG_DEBUG ((int32_t)3)

/** A set of option values; see securechat/config.h. */
typedef struct securechat_config securechat_config;
/** A chat server; see securechat/server.h. */
typedef struct securechat_server securechat_server;
/** A peer that asks to be let in; see securechat/handshake.h. */
typedef struct securechat_handshake securechat_handshake;
/** A message before it is stored; see securechat/message.h. */
typedef struct securechat_message securechat_message;
/** Names a session, one user in one namespace on one connection; 0 names none. */
typedef uint64_t securechat_session;

/** Bytes with a length: one binary attachment of an event. */
typedef struct securechat_blob {
  const void* data; /**< May be NULL when `len` is 0. */
  size_t len;       /**< In bytes. */
} securechat_blob;

/**
 * Frees what a host attached to a registration.
 *
 * @param user_data what was given at the registration.
 *
 * It must neither throw nor end its thread: nothing could pass on either.
 *
 * **Thread:** any, once.
 */
typedef void (*securechat_destroy_fn)(void* user_data);

/**
 * Takes one line of the log.
 *
 * @param level one of `SECURECHAT_LOG_*`.
 * @param message the line without its newline, ending with NUL; borrowed for the call.
 * @param len its length in bytes.
 * @param user_data what was given at the registration.
 *
 * **Thread:** any, one call at a time for each server. It must not call the server.
 */
typedef void (*securechat_log_fn)(int32_t level, const char* message, size_t len, void* user_data);

/**
 * The version of the library that is loaded.
 *
 * @return `(major << 16) | (minor << 8) | patch`, to be compared with ::SECURECHAT_VERSION.
 *
 * **Thread:** any.
 */
SECURECHAT_API uint32_t securechat_version(void);

/**
 * The version of the library that is loaded, as text.
 *
 * @return such as `"0.1.0"`; static, never NULL.
 *
 * **Thread:** any.
 */
SECURECHAT_API const char* securechat_version_string(void);

/**
 * Whether this build has a feature.
 *
 * @param name `"tls"`, `"websocket"`, `"plain"` (JSON without Socket.IO at /ws) or `"static"`
 *        (securechat_server_add_static()); a name that is not known, or NULL, is a feature that is
 *        not there.
 * @return 1 or 0.
 *
 * **Thread:** any.
 */
SECURECHAT_API int securechat_has_feature(const char* name);

/**
 * A result code in words.
 *
 * @param status any number.
 * @return such as `"invalid argument"`; static, never NULL.
 *
 * **Thread:** any.
 */
SECURECHAT_API const char* securechat_strerror(securechat_status status);

/**
 * What went wrong in the last call of this thread that failed: the option, key or value at fault
 * and the cure. It never holds a secret.
 *
 * @return one line of UTF-8 text, empty when no call of this thread has failed; valid until the
 *         next call of this thread that fails. Never NULL. Successful calls leave it as it is.
 *
 * **Thread:** any; each has its own.
 */
SECURECHAT_API const char* securechat_last_error(void);

/**
 * Frees a text that the library handed over through a `char **`.
 *
 * @param memory the text, or NULL, which does nothing.
 *
 * **Thread:** any.
 */
SECURECHAT_API void securechat_free(void* memory);

#ifdef __cplusplus
}
#endif

#endif /* SECURECHAT_COMMON_H */

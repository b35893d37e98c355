/**
 * @file securechat.h
 * @brief libsecurechat: a secure chat server that other programs put inside themselves.
 *
 * This header includes all others. Each of them also compiles alone, in every C mode from C99 and
 * every C++ mode from C++11.
 *
 * Conventions, which hold for every function unless its description says otherwise:
 *
 *  1. Functions are named `securechat_<object>_<verb>`, constants `SECURECHAT_*`, types
 *     `securechat_<object>`.
 *  2. A call that can fail returns a ::securechat_status: 0 is success, errors are negative. The
 *     description lists the codes that a caller may want to tell apart; besides those, any call may
 *     return ::SECURECHAT_ERR_NO_MEMORY, ::SECURECHAT_ERR_INVALID for an argument that cannot be
 *     (a NULL handle, a NULL result pointer, text that is not UTF-8) and ::SECURECHAT_ERR_INTERNAL.
 *     securechat_last_error() tells in words what was wrong and what to do about it.
 *  3. Handles are opaque pointers. A ::securechat_session is a number that is never used again
 *     while its server lives; after the session has ended it gives ::SECURECHAT_ERR_NOT_FOUND.
 *  4. Text is UTF-8. Where a length goes with it, the length counts bytes and ::SECURECHAT_ZSTR
 *     stands for "up to the terminating NUL". A plain `const char *` ends with NUL.
 *  5. What is passed in is copied before the call returns. What a function of a callback's object
 *     (handshake, message) returns is borrowed until that callback returns, and also ends with NUL.
 *     A `char **` result belongs to the caller, who frees it with securechat_free(); it is set to
 *     NULL when the call fails.
 *  6. A structure that crosses this interface begins with `struct_size`, which the caller sets to
 *     `sizeof` of the structure; `reserved` is 0.
 *  7. A callback takes `user_data` last. Its ::securechat_destroy_fn, if there is one, is called
 *     exactly once: when the registration is replaced, when the server is destroyed, or before the
 *     call returns when the registration fails, be it for a NULL server. It may run on any thread.
 *  8. Callbacks run on the event loop that they concern, one at a time there, and must not block:
 *     while one runs, nobody of that loop is served. With `listen.threads` over 1 several loops
 *     call at the same time. Callbacks may call everything that is marked "any thread"; calls that
 *     block return ::SECURECHAT_ERR_STATE from inside one. An exception that a callback throws does
 *     not travel further: a filter or message hook that throws has denied, and the log says so.
 *  9. Several servers may live in one process. The library has no global state, installs no signal
 *     handlers, blocks all signals in its own threads, writes nothing to stdout and stderr, and
 *     never ends the process.
 * 10. In a child after fork() only the parent's configurations may be used; its servers answer
 *     ::SECURECHAT_ERR_FORKED. A server that the child creates works.
 */
#ifndef SECURECHAT_H
#define SECURECHAT_H

#include "securechat/common.h"
#include "securechat/config.h"
#include "securechat/handshake.h"
#include "securechat/message.h"
#include "securechat/server.h"
#include "securechat/session.h"
#include "securechat/user.h"

#endif /* SECURECHAT_H */

#pragma once

#include <string_view>

#include "auth/accounts.h"
#include "auth/handshake.h"
#include "base/task.h"
#include "chat/types.h"

namespace securechat::server {

// What the host hears and decides. Each runs on the shard's thread that it concerns: with several
// shards on several threads at a time.
using HandshakeHook = UniqueFunction<auth::Verdict(auth::Handshake&)>;
using MessageHook = UniqueFunction<auth::Verdict(chat::MessageDraft&)>;
// `detail`: the namespace when connecting, the reason when disconnecting.
using SessionHook =
    UniqueFunction<void(chat::SessionId, std::string_view user_id, std::string_view detail)>;

// Of auth.enumeration_safe: who registered, or whose address somebody tried to register.
using RegistrationHook =
    UniqueFunction<void(auth::Registered, std::string_view user_id, std::string_view email)>;

}  // namespace securechat::server

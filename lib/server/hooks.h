#pragma once

#include <string_view>

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

}  // namespace securechat::server

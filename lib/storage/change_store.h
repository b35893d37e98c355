#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "storage/message_store.h"

namespace securechat::storage {

// Who changes a message. An author changes his own; who owns the room, or moderates all, any. Of a
// user with an account the role that it has now counts, whatever it was when he came in.
struct Editor {
  std::string_view user_id;
  bool moderator = false;              // Of a principal without an account.
  std::string_view unowned_room = {};  // Its owner is none: the default room is everybody's.
};

// Whether an account of that role moderates every room.
[[nodiscard]] inline bool role_moderates(std::string_view role) {
  return role == "moderator" || role == "admin";
}

// What a message said before it was edited.
struct PastBody {
  std::string body;
  std::int64_t until_ms = 0;  // When something else took its place.
};

// What of it is kept, the newest, and how much of that is answered at once.
inline constexpr std::size_t kPastBodies = 50;
inline constexpr std::size_t kPastBytes = 64 * 1024;

// What is done to messages after they were said. All calls run inside a unit of work. Where there
// is no such message in the namespace, or it was deleted, they answer kNotFound, and kDenied when
// the editor may not.
class ChangeStore {
 public:
  virtual ~ChangeStore() = default;

  // The message as it stands.
  virtual Result<Message> find(std::string_view nsp, std::string_view id, const Editor& editor) = 0;
  // Both answer the message as it is afterwards, as a change with its place in the order of
  // commits.
  virtual Result<Message> edit(std::string_view nsp, std::string_view id, std::string_view body,
                               const Editor& editor, std::int64_t now_ms) = 0;
  // The text and what it said before are gone for good; its id and seq stay taken.
  virtual Result<Message> remove(std::string_view nsp, std::string_view id, const Editor& editor,
                                 std::int64_t now_ms) = 0;
  // What a message said before, oldest first: the newest kPastBodies, as far as kPastBytes allow.
  virtual Result<std::vector<PastBody>> past(std::string_view nsp, std::string_view id,
                                             const Editor& editor) = 0;
};

}  // namespace securechat::storage

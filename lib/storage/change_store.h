#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "storage/message_store.h"

namespace securechat::storage {

// Who changes a message. An author changes his own; who owns the room, or moderates all, any.
struct Editor {
  std::string_view user_id;
  bool moderator = false;
};

// What a message said before it was edited.
struct PastBody {
  std::string body;
  std::int64_t until_ms = 0;  // When something else took its place.
};

// What is done to messages after they were said. All calls run inside a unit of work.
class ChangeStore {
 public:
  virtual ~ChangeStore() = default;

  // The message as it stands; nothing when there is none in the namespace, or it was deleted.
  virtual Result<std::optional<Message>> find(std::string_view nsp, std::string_view id) = 0;
  // Both answer the message as it is afterwards, as a change with its place in the order of
  // commits. kNotFound when find() answers nothing, kDenied when the editor may not.
  virtual Result<Message> edit(std::string_view nsp, std::string_view id, std::string_view body,
                               const Editor& editor, std::int64_t now_ms) = 0;
  // The text and what it said before are gone for good; its id and seq stay taken.
  virtual Result<Message> remove(std::string_view nsp, std::string_view id, const Editor& editor,
                                 std::int64_t now_ms) = 0;
  // What a message said before, oldest first. The same codes.
  virtual Result<std::vector<PastBody>> past(std::string_view nsp, std::string_view id,
                                             const Editor& editor) = 0;
};

}  // namespace securechat::storage

#pragma once

#include <string>

namespace securechat {

// Empties the text and gives its memory back. Assigning an empty string does not: libstdc++ copies
// the nothing and keeps the buffer.
inline void give_back(std::string& text) {
  std::string().swap(text);
}

}  // namespace securechat

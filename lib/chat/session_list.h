#pragma once

#include <memory>
#include <string_view>
#include <vector>

namespace securechat::chat {

class Session;

// The sessions of one connection by the names of their namespaces: mostly one.
class SessionList {
 public:
  SessionList();
  ~SessionList();
  SessionList(const SessionList&) = delete;
  SessionList& operator=(const SessionList&) = delete;

  // Null when there is none.
  [[nodiscard]] Session* find(std::string_view nsp) const;
  // There is none in its namespace yet.
  void add(std::unique_ptr<Session> session);
  // Null when there is none.
  [[nodiscard]] std::unique_ptr<Session> take(std::string_view nsp);

  [[nodiscard]] bool empty() const { return sessions_.empty(); }
  [[nodiscard]] auto begin() const { return sessions_.begin(); }
  [[nodiscard]] auto end() const { return sessions_.end(); }

 private:
  std::vector<std::unique_ptr<Session>> sessions_;  // In the order of the names.
};

}  // namespace securechat::chat

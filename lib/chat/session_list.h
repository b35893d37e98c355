#pragma once

#include <cstddef>
#include <memory>
#include <span>
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

  [[nodiscard]] bool empty() const { return all().empty(); }
  [[nodiscard]] auto begin() const { return all().begin(); }
  [[nodiscard]] auto end() const { return all().end(); }

 private:
  [[nodiscard]] std::span<const std::unique_ptr<Session>> all() const;

  // One alone is here, several are there, in the order of their names.
  std::unique_ptr<Session> only_;
  std::unique_ptr<std::vector<std::unique_ptr<Session>>> several_;
};

}  // namespace securechat::chat

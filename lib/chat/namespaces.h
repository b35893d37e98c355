#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "chat/namespace.h"

namespace securechat::chat {

// Whether `name` is what a pattern stands for: a `*` in it is one or more characters other than
// '/'. Without a `*` the two are equal.
[[nodiscard]] bool namespace_matches(std::string_view pattern, std::string_view name);
// kInvalid for what no client could join, with the reason.
[[nodiscard]] Status check_namespace(std::string_view name_or_pattern);

// The namespaces of one shard. "/" always is; what was declared by name, too; those that a pattern
// stands for appear with their first session and go with their last.
class Namespaces {
 public:
  static constexpr std::size_t kMaxFromPatterns = 10'000;

  Namespaces(Environment& environment, const std::vector<std::string>& declared);

  [[nodiscard]] Environment& environment() const { return environment_; }
  // nullptr when there is none of that name now.
  [[nodiscard]] Namespace* find(std::string_view name) const;
  // Whether a peer may join a namespace of that name.
  [[nodiscard]] bool declares(std::string_view name) const;
  // The namespace of that name for a session that joins it now, made when a pattern stands for it;
  // nullptr when it is not declared, or there are kMaxFromPatterns already.
  [[nodiscard]] std::shared_ptr<Namespace> open(std::string_view name);
  // A session has left: a namespace made from a pattern is forgotten when nobody is in it.
  void release(const Namespace& nsp);

 private:
  // The first pattern that stands for the name.
  [[nodiscard]] std::vector<std::string>::const_iterator pattern_of(std::string_view name) const;

  Environment& environment_;
  std::vector<std::string> patterns_;
  std::map<std::string, std::shared_ptr<Namespace>, std::less<>> by_name_;
  std::size_t from_patterns_ = 0;
};

}  // namespace securechat::chat

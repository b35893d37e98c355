#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "chat/namespace.h"

namespace securechat::chat {

// The namespaces that are declared. "/" always is.
class Namespaces {
 public:
  explicit Namespaces(Environment& environment) : environment_(environment) { declare("/"); }

  void declare(std::string name) {
    auto nsp = std::make_unique<Namespace>(name, environment_);
    by_name_.emplace(std::move(name), std::move(nsp));
  }
  // nullptr when it is not declared.
  [[nodiscard]] Namespace* find(std::string_view name) const {
    const auto found = by_name_.find(name);
    return found == by_name_.end() ? nullptr : found->second.get();
  }

 private:
  Environment& environment_;
  std::map<std::string, std::unique_ptr<Namespace>, std::less<>> by_name_;
};

}  // namespace securechat::chat

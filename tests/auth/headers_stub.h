#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "auth/handshake.h"

namespace securechat::auth {

class Headers final : public HeaderSource {
 public:
  Headers() = default;
  explicit Headers(std::map<std::string, std::string> values) : values_(std::move(values)) {}
  [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const override {
    const auto found = values_.find(std::string(name));
    if (found == values_.end()) {
      return std::nullopt;
    }
    return found->second;
  }

 private:
  std::map<std::string, std::string> values_;
};

}  // namespace securechat::auth

#include "chat/namespaces.h"

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace securechat::chat {
namespace {

constexpr std::size_t kMaxNameBytes = 256;
constexpr char kWildcard = '*';

bool is_pattern(std::string_view name) {
  return name.find(kWildcard) != std::string_view::npos;
}

}  // namespace

// Goes back to the newest wildcard and lets it take one character more; nothing is tried twice for
// an older one, so that the time is the product of the lengths at most.
bool namespace_matches(std::string_view pattern, std::string_view name) {
  std::size_t p = 0;
  std::size_t n = 0;
  std::size_t wildcard = std::string_view::npos;
  std::size_t taken = 0;  // Where the text behind the newest wildcard begins.
  while (n < name.size() || p < pattern.size()) {
    if (p < pattern.size() && pattern[p] == kWildcard) {
      if (n == name.size() || name[n] == '/') {
        if (wildcard == std::string_view::npos) return false;
      } else {
        wildcard = p++;
        taken = ++n;
        continue;
      }
    } else if (p < pattern.size() && n < name.size() && pattern[p] == name[n]) {
      ++p;
      ++n;
      continue;
    }
    if (wildcard == std::string_view::npos || taken >= name.size() || name[taken] == '/') {
      return false;
    }
    p = wildcard + 1;
    n = ++taken;
  }
  return true;
}

Status check_namespace(std::string_view name) {
  if (!name.starts_with('/')) {
    return {Code::kInvalid, "a namespace begins with \"/\", got \"" + std::string(name) + "\""};
  }
  if (name.size() > kMaxNameBytes) {
    return {Code::kInvalid, "a namespace is at most 256 bytes long"};
  }
  const bool control = std::any_of(name.begin(), name.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
  });
  if (control || !is_utf8(name) || name.find_first_of(",?") != std::string_view::npos) {
    return {Code::kInvalid,
            "a namespace is UTF-8 text without control characters, commas and question marks"};
  }
  if (name.size() > 1 && (name.ends_with('/') || name.find("//") != std::string_view::npos)) {
    return {Code::kInvalid, "a namespace has no empty part between or behind its slashes, got \"" +
                                std::string(name) + "\""};
  }
  if (name.find("**") != std::string_view::npos) {
    return {
        Code::kInvalid,
        "\"**\" is no pattern: a \"*\" stands for one or more characters already, but never for "
        "a \"/\""};
  }
  return {};
}

Namespaces::Namespaces(Environment& environment, const std::vector<std::string>& declared)
    : environment_(environment) {
  by_name_.emplace("/", std::make_shared<Namespace>("/", "/", environment_));
  for (const std::string& name : declared) {
    if (is_pattern(name)) {
      patterns_.push_back(name);
    } else {
      by_name_.emplace(name, std::make_shared<Namespace>(name, name, environment_));
    }
  }
}

Namespace* Namespaces::find(std::string_view name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : found->second.get();
}

std::vector<std::string>::const_iterator Namespaces::pattern_of(std::string_view name) const {
  return std::ranges::find_if(
      patterns_, [name](const std::string& pattern) { return namespace_matches(pattern, name); });
}

bool Namespaces::declares(std::string_view name) const {
  return by_name_.contains(name) || pattern_of(name) != patterns_.end();
}

std::shared_ptr<Namespace> Namespaces::open(std::string_view name) {
  const auto found = by_name_.find(name);
  if (found != by_name_.end()) return found->second;
  const auto pattern = pattern_of(name);
  if (pattern == patterns_.end() || from_patterns_ >= kMaxFromPatterns) return nullptr;
  auto made = std::make_shared<Namespace>(std::string(name), *pattern, environment_);
  by_name_.emplace(made->name(), made);
  ++from_patterns_;
  return made;
}

void Namespaces::release(const Namespace& nsp) {
  if (!is_pattern(nsp.declared_as()) || !nsp.empty()) return;
  const auto found = by_name_.find(nsp.name());
  if (found == by_name_.end() || found->second.get() != &nsp) return;
  by_name_.erase(found);
  --from_patterns_;
}

}  // namespace securechat::chat

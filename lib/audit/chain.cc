#include "audit/chain.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/json.h"
#include "base/secret.h"
#include "base/text.h"

namespace securechat::audit {
namespace {

constexpr std::string_view kBegin = R"({"seq":)";
constexpr std::string_view kHash = R"(,"hash":")";
constexpr std::string_view kMac = R"(,"mac":")";
constexpr std::string_view kEnd = R"("})";
constexpr std::size_t kDigits = 64;

bool is_digest(std::string_view text) {
  return text.size() == kDigits && std::ranges::all_of(text, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

}  // namespace

std::optional<SealedLine> read_sealed(std::string_view line) {
  if (!line.starts_with(kBegin) || !line.ends_with(kEnd)) return std::nullopt;
  const char* const digits = line.data() + kBegin.size();
  SealedLine sealed;
  const auto [end, error] = std::from_chars(digits, line.data() + line.size(), sealed.link.seq);
  if (error != std::errc() || *end != ',' || sealed.link.seq == 0) return std::nullopt;
  for (const std::string_view label : {kHash, kMac}) {
    const std::size_t tail = label.size() + kDigits + kEnd.size();
    if (line.size() < tail) continue;
    const std::size_t at = line.size() - tail;
    const std::string_view digest = line.substr(at + label.size(), kDigits);
    if (line.substr(at, label.size()) != label || !is_digest(digest)) continue;
    sealed.link.digest = digest;
    sealed.content = line.substr(0, at);
    sealed.keyed = label == kMac;
    return sealed;
  }
  return std::nullopt;
}

std::string own_member(const SealedLine& line, std::string_view key) {
  const Result<JsonDocument> document = JsonDocument::parse(std::string(line.content) + "}");
  if (!document.ok()) return {};
  const std::optional<std::string_view> text = document->root()[key].as_string();
  return text ? std::string(*text) : std::string();
}

Result<Chain> Chain::create(std::string_view key) {
  Chain chain;
  if (key.empty()) return chain;
  Result<HmacSha256> mac = HmacSha256::create(key);
  if (!mac.ok()) return mac.status();
  chain.mac_ = std::move(*mac);
  return chain;
}

Result<std::string> Chain::digest(std::string_view before, std::string_view content,
                                  bool keyed) const {
  const std::string bytes = std::string(before) + std::string(content);
  Result<std::string> raw = keyed ? mac_->of(bytes) : sha256(bytes);
  if (!raw.ok()) return raw;
  return hex_encode(*raw);
}

Result<std::string> Chain::seal(Link& link, std::string_view members) const {
  std::string line(kBegin);
  line.append(std::to_string(link.seq + 1)).append(",").append(members);
  Result<std::string> sealed = digest(link.digest, line, keyed());
  if (!sealed.ok()) return sealed;
  line.append(keyed() ? kMac : kHash).append(*sealed).append(kEnd);
  link = {link.seq + 1, std::move(*sealed)};
  return line;
}

Result<bool> Chain::follows(const SealedLine& line, std::string_view before) const {
  if (line.keyed && !keyed()) {
    return Status(Code::kAuth,
                  "the lines are keyed; give log.audit_key, with which they were written");
  }
  const Result<std::string> right = digest(before, line.content, line.keyed);
  if (!right.ok()) return right.status();
  return constant_time_equal(*right, line.link.digest);
}

}  // namespace securechat::audit

#include "chat/recovery.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/json.h"

namespace securechat::chat {
namespace {

// What is sent at once must fit the outbox of a connection that has just begun.
constexpr std::size_t kMaxMissed = 1'000;
constexpr std::size_t kMaxMissedBytes = 512 * 1024;
constexpr std::size_t kMaxPidBytes = 64;

std::optional<std::int64_t> read_offset(std::string_view text) {
  std::int64_t offset = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), offset);
  if (error != std::errc() || end != text.data() + text.size() || offset < 0) return std::nullopt;
  return offset;
}

}  // namespace

std::optional<RecoveryRequest> read_recovery_request(std::string_view auth) {
  if (auth.find("\"pid\"") == std::string_view::npos) return std::nullopt;
  const Result<JsonDocument> document = JsonDocument::parse(auth);
  if (!document.ok()) return std::nullopt;
  const auto pid = document->root()["pid"].as_string();
  if (!pid || pid->empty() || pid->size() > kMaxPidBytes) return std::nullopt;
  RecoveryRequest request{std::string(*pid), std::nullopt};
  const JsonView offset = document->root()["offset"];
  if (!offset.exists() || offset.is_null()) return request;
  const auto text = offset.as_string();
  if (!text) return std::nullopt;
  request.offset = read_offset(*text);
  if (!request.offset) return std::nullopt;
  return request;
}

PendingRecovery::PendingRecovery(LostSession session, std::optional<std::int64_t> offset)
    : session_(std::move(session)), offset_(offset.value_or(session_.position)) {}

std::shared_ptr<PendingRecovery> PendingRecovery::begin(LostSession session,
                                                        std::optional<std::int64_t> offset,
                                                        Environment& environment) {
  auto pending = std::make_shared<PendingRecovery>(std::move(session), offset);
  std::erase_if(environment.recoveries, [](const auto& waiting) { return waiting.expired(); });
  environment.recoveries.push_back(pending);
  return pending;
}

std::int64_t PendingRecovery::floor_of(const LostSession::Room& room) const {
  return std::max(offset_, room.since);
}

storage::MissedQuery PendingRecovery::query() const {
  storage::MissedQuery query;
  query.nsp = session_.nsp;
  query.limit = kMaxMissed;
  for (const LostSession::Room& room : session_.rooms) {
    query.rooms.push_back({room.name, floor_of(room)});
  }
  return query;
}

void PendingRecovery::saw(const storage::Message& message) {
  if (message.nsp != session_.nsp || live_.size() > kMaxMissed) return;
  for (const LostSession::Room& room : session_.rooms) {
    if (room.name == message.room && message.place() > floor_of(room)) {
      live_.push_back(message);
      return;
    }
  }
}

std::optional<std::vector<storage::Message>> PendingRecovery::merge(storage::Missed missed,
                                                                    std::int64_t position) {
  if (missed.more || offset_ > missed.newest) return std::nullopt;
  std::vector<storage::Message> all = std::move(missed.messages);
  // What is committed and not delivered on this shard yet is on its way: it comes as a live event.
  std::erase_if(all,
                [position](const storage::Message& message) { return message.place() > position; });
  std::move(live_.begin(), live_.end(), std::back_inserter(all));
  std::ranges::sort(all, {}, &storage::Message::place);
  const auto twice = std::unique(
      all.begin(), all.end(), [](const auto& a, const auto& b) { return a.place() == b.place(); });
  all.erase(twice, all.end());
  std::size_t bytes = 0;
  for (const storage::Message& message : all) bytes += message.body.size();
  if (all.size() > kMaxMissed || bytes > kMaxMissedBytes) return std::nullopt;
  return all;
}

}  // namespace securechat::chat

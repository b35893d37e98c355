#include <libwebsockets.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include "net/lws_headers.h"

namespace securechat::net {

namespace {

// `value_size` is that of this one, of several with the same name.
void add_custom_header(lws* wsi, HeadReading& reading, std::string_view name_with_colon,
                       std::size_t value_size) {
  const int name_length = static_cast<int>(name_with_colon.size());
  const int length = lws_hdr_custom_length(wsi, name_with_colon.data(), name_length);
  if (length < 0 || name_length == 0) return;
  std::string name(name_with_colon.substr(0, name_with_colon.size() - 1));
  const auto same = [&](const auto& header) {
    return header.first == name;
  };
  if (std::any_of(reading.head.headers.begin(), reading.head.headers.end(), same)) {
    // Only the first of several is to be had by name; that there were more is what matters.
    ++reading.facts.header_count;
    reading.facts.header_bytes += name.size() + value_size + 4;
    if (std::find(reading.facts.repeated.begin(), reading.facts.repeated.end(), name) ==
        reading.facts.repeated.end()) {
      reading.facts.repeated.push_back(std::move(name));
    }
    return;
  }
  std::string value(static_cast<std::size_t>(length) + 1, '\0');
  // It stops copying at a NUL and fills up with more of them, which the guard sees.
  if (lws_hdr_custom_copy(wsi, value.data(), static_cast<int>(value.size()), name_with_colon.data(),
                          name_length) < 0) {
    return;
  }
  value.resize(static_cast<std::size_t>(length));
  add_header(reading, std::move(name), {std::move(value)});
}

#if LWS_LIBRARY_VERSION_NUMBER >= 4003000

struct CustomNames {
  lws* wsi;
  HeadReading* reading;
};

void on_custom_name(const char* name, int length, void* opaque) {
  const auto* names = static_cast<CustomNames*>(opaque);
  add_custom_header(names->wsi, *names->reading, {name, static_cast<std::size_t>(length)}, 0);
}

}  // namespace

void read_custom_headers(lws* wsi, HeadReading& reading) {
  CustomNames names{wsi, &reading};
  lws_hdr_custom_name_foreach(wsi, on_custom_name, &names);
}

#else

// Before 4.3 a header that libwebsockets does not know can be had by name, but the names cannot be
// listed. They lie behind the request line, in the order they came, as
//   name length (2 bytes, big endian), value length (2), next entry (4), name with colon, value,
// and between them the values of known headers, each ended by a NUL. This walks over both. What
// it finds is only a proposal: an entry counts when the public call knows its name. Should the
// layout be another one, the walk names nothing that does not exist.
class CustomHeaderWalk {
 public:
  CustomHeaderWalk(lws* wsi, HeadReading& reading) : wsi_(wsi), reading_(reading) {}

  // False when the region is not what the request line and the known headers say.
  bool run() {
    char* uri = nullptr;
    int uri_length = 0;
    if (lws_http_get_uri_and_method(wsi_, &uri, &uri_length) < 0 || uri == nullptr) return false;
    // The URI begins a few bytes into the region. The margin keeps the walk inside of it; a head
    // that reaches so far is refused for its length.
    end_ = uri + kHeadRegionBytes - kMargin;
    if (!find_headers(uri)) return false;
    known_left_ = reading_.facts.header_count;
    for (std::size_t i = 0; i < kMaxSteps && step(); ++i) {
    }
    return at_end();
  }

 private:
  static constexpr std::size_t kMargin = 256;
  static constexpr std::size_t kMaxSteps = 4'096;
  static constexpr std::size_t kEntryHead = 8;

  [[nodiscard]] std::size_t room() const { return static_cast<std::size_t>(end_ - position_); }

  // The pieces of path and query end with a NUL and an unused byte each, the last one without the
  // latter; then comes the version.
  bool find_headers(const char* uri) {
    std::size_t offset = 0;
    std::size_t pieces = 0;
    const auto add = [&](lws_token_indexes token) {
      for (const std::string& piece : header_fragments(wsi_, token)) {
        offset += piece.size();
        ++pieces;
      }
    };
    for (const LwsMethod& method : kLwsMethods) add(method.token);
    add(WSI_TOKEN_HTTP_URI_ARGS);
    offset += 2 * pieces - 1;
    const std::string& version = reading_.facts.version;
    if (pieces == 0 || version.empty() ||
        offset + version.size() + 1 > static_cast<std::size_t>(end_ - uri) ||
        std::memcmp(uri + offset, version.c_str(), version.size() + 1) != 0) {
      return false;
    }
    position_ = uri + offset + version.size() + 1;
    return true;
  }

  bool step() {
    if (room() <= kEntryHead) return false;
    if (visit_entry()) return true;
    if (known_left_ == 0) return false;
    --known_left_;
    const auto* nul = static_cast<const char*>(std::memchr(position_, '\0', room()));
    if (nul == nullptr) return false;
    position_ = nul + 1;
    return true;
  }

  // The blank line that ends a head was begun as an entry, too. A head that ends with a bare LF
  // has none.
  [[nodiscard]] bool at_end() const {
    constexpr std::string_view kBegunEntry("\0\0\0\0\0\0\0\0\r", kEntryHead + 1);
    return known_left_ == 0 && room() > kBegunEntry.size() &&
           std::string_view(position_, kBegunEntry.size()) == kBegunEntry;
  }

  bool visit_entry() {
    const auto* head = reinterpret_cast<const unsigned char*>(position_);
    // The value of a known header begins with text, or has it in place of the next entry's offset.
    if (head[0] >= ' ' || head[4] != 0 || head[5] != 0) return false;
    const std::size_t name_size = static_cast<std::size_t>(head[0]) << 8U | head[1];
    const std::size_t value_size = static_cast<std::size_t>(head[2]) << 8U | head[3];
    if (name_size < 2 || kEntryHead + name_size + value_size > room()) return false;
    const std::string_view name(position_ + kEntryHead, name_size);
    if (name.back() != ':' ||
        lws_hdr_custom_length(wsi_, name.data(), static_cast<int>(name_size)) < 0) {
      return false;
    }
    add_custom_header(wsi_, reading_, name, value_size);
    position_ += kEntryHead + name_size + value_size;
    return true;
  }

  lws* wsi_;
  HeadReading& reading_;
  const char* position_ = nullptr;
  const char* end_ = nullptr;
  std::size_t known_left_ = 0;  // Values of known headers that the walk has not passed.
};

}  // namespace

void read_custom_headers(lws* wsi, HeadReading& reading) {
  if (!CustomHeaderWalk(wsi, reading).run()) reading.facts.unreadable = true;
}

#endif

}  // namespace securechat::net

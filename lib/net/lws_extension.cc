#include "net/lws_extension.h"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "net/deflate_offer.h"
#include "net/lws_headers.h"
#include "net/lws_request.h"

namespace securechat::net {

namespace {

// The URI begins a few bytes into the region of a head; the margin keeps a search inside of it.
constexpr std::size_t kMargin = 256;

#if !defined(LWS_WITHOUT_EXTENSIONS)

constexpr lws_ext_options kNoOptions[] = {{nullptr, EXTARG_NONE}};

// Every answer but that to the first question is "nothing done": payloads pass as they are.
int on_extension(lws_context*, const lws_extension*, lws*, lws_extension_callback_reasons reason,
                 void* user, void* in, std::size_t) {
  if (reason == LWS_EXT_CB_CONSTRUCT) {
    *static_cast<void**>(user) = nullptr;
    *static_cast<const lws_ext_options**>(in) = kNoOptions;
  }
  return 0;
}

constexpr lws_extension kExtensions[] = {{kDeflateName.data(), on_extension, nullptr},
                                         {nullptr, nullptr, nullptr}};

#endif

// Whether libwebsockets would read this; it stops at a NUL.
bool offers_are(lws* wsi, std::string_view text) {
  std::string copy(kHeadRegionBytes, '\0');
  const int size =
      lws_hdr_copy(wsi, copy.data(), static_cast<int>(copy.size()), WSI_TOKEN_EXTENSIONS);
  return size >= 0 && std::string_view(copy.c_str()) == text;
}

}  // namespace

const lws_extension* deflate_extensions() {
#if defined(LWS_WITHOUT_EXTENSIONS)
  return nullptr;
#else
  return kExtensions;
#endif
}

// There is no call that changes a header. Its value lies in the region that the URI lies in, too,
// and ends with a NUL; where the same text is found twice, both are changed. Nothing that
// libwebsockets reads after this can hold a list of so many bytes. The value's first lines would be
// too short to be told from others when there are several.
bool narrow_offers(lws* wsi, std::string_view name) {
  const std::vector<std::string> lines = header_fragments(wsi, WSI_TOKEN_EXTENSIONS);
  if (lines.empty() || lines.front().size() < kDeflateName.size()) return false;
  char* uri = nullptr;
  int uri_length = 0;
  if (lws_http_get_uri_and_method(wsi, &uri, &uri_length) < 0 || uri == nullptr) return false;
  const std::string_view region(uri, kHeadRegionBytes - kMargin);
  const std::string value = lines.front() + '\0';
  for (std::size_t at = region.find(value); at != std::string_view::npos;
       at = region.find(value, at + value.size())) {
    *std::copy(name.begin(), name.end(), uri + at) = '\0';
  }
  return offers_are(wsi, name);
}

bool add_parameters(lws_process_html_args& answer, std::string_view parameters) {
  constexpr std::string_view kEnd = "\r\n";
  const std::string bare = "\r\nSec-WebSocket-Extensions: " + std::string(kDeflateName) + "\r\n";
  if (answer.max_len < 0 || parameters.size() > static_cast<std::size_t>(answer.max_len) ||
      std::string_view(answer.p - bare.size(), bare.size()) != bare) {
    return false;
  }
  char* out = answer.p - kEnd.size();
  out = std::copy(parameters.begin(), parameters.end(), out);
  answer.p = std::copy(kEnd.begin(), kEnd.end(), out);
  answer.max_len -= static_cast<int>(parameters.size());
  return true;
}

}  // namespace securechat::net

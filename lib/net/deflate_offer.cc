#include "net/deflate_offer.h"

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "net/request_guard.h"

namespace securechat::net {

namespace {

struct Parameter {
  std::string name;
  std::optional<std::string> value;
};

struct Extension {
  std::string name;
  std::vector<Parameter> parameters;
};

// Reads extension-list of RFC 6455 section 9.1; each read answers false for what is none.
class ListReader {
 public:
  explicit ListReader(std::string_view text) : text_(text) {}

  bool read(std::vector<Extension>& list) {
    while (true) {
      while (taken(',')) {
      }
      if (text_.empty()) return true;
      if (!read_extension(list.emplace_back())) return false;
      if (!text_.empty() && text_.front() != ',') return false;
    }
  }

 private:
  void skip_space() { text_.remove_prefix(std::min(text_.find_first_not_of(" \t"), text_.size())); }

  bool taken(char c) {
    skip_space();
    if (text_.empty() || text_.front() != c) return false;
    text_.remove_prefix(1);
    return true;
  }

  bool read_extension(Extension& extension) {
    if (!read_token(extension.name)) return false;
    while (taken(';')) {
      Parameter& parameter = extension.parameters.emplace_back();
      if (!read_token(parameter.name)) return false;
      if (taken('=') && !read_value(parameter.value.emplace())) return false;
    }
    return true;
  }

  bool read_token(std::string& token) {
    skip_space();
    const auto* end = std::find_if_not(text_.begin(), text_.end(), is_token_char);
    token.assign(text_.begin(), end);
    text_.remove_prefix(token.size());
    return !token.empty();
  }

  // What stands in quotes must be a token, too.
  bool read_value(std::string& value) {
    if (!taken('"')) return read_token(value);
    while (!text_.empty() && text_.front() != '"') {
      if (text_.front() == '\\') text_.remove_prefix(1);
      if (text_.empty() || !is_token_char(text_.front())) return false;
      value += text_.front();
      text_.remove_prefix(1);
    }
    return taken('"') && !value.empty();
  }

  std::string_view text_;
};

std::optional<int> window_bits(const std::optional<std::string>& value) {
  for (int bits = kMinWindowBits; bits <= kMaxWindowBits; ++bits) {
    if (value == std::to_string(bits)) return bits;
  }
  return std::nullopt;
}

// False for a parameter that was there before, or that has a value.
bool take_flag(const Parameter& parameter, bool& flag) {
  return !std::exchange(flag, true) && !parameter.value;
}

class Offer {
 public:
  bool take(const Parameter& parameter) {
    if (parameter.name == "server_no_context_takeover") {
      return take_flag(parameter, parameters_.server_no_context_takeover);
    }
    if (parameter.name == "client_no_context_takeover") {
      return take_flag(parameter, parameters_.client_no_context_takeover);
    }
    if (parameter.name == "server_max_window_bits") {
      if (parameters_.server_max_window_bits) return false;
      parameters_.server_max_window_bits = window_bits(parameter.value);
      return parameters_.server_max_window_bits.has_value();
    }
    if (parameter.name == "client_max_window_bits") {
      if (std::exchange(client_bits_seen_, true)) return false;
      parameters_.client_max_window_bits = window_bits(parameter.value);
      return !parameter.value || parameters_.client_max_window_bits;
    }
    return false;
  }

  [[nodiscard]] const DeflateParameters& parameters() const { return parameters_; }

 private:
  DeflateParameters parameters_;
  bool client_bits_seen_ = false;  // Without a value it only says that the client can be told one.
};

}  // namespace

std::string DeflateParameters::to_string() const {
  std::string text;
  if (server_no_context_takeover) text += "; server_no_context_takeover";
  if (client_no_context_takeover) text += "; client_no_context_takeover";
  if (server_max_window_bits) {
    text += "; server_max_window_bits=" + std::to_string(*server_max_window_bits);
  }
  if (client_max_window_bits) {
    text += "; client_max_window_bits=" + std::to_string(*client_max_window_bits);
  }
  return text;
}

DeflateAnswer answer_deflate_offers(std::string_view header) {
  DeflateAnswer answer;
  std::vector<Extension> list;
  if (!ListReader(header).read(list)) {
    answer.malformed = true;
    return answer;
  }
  for (const Extension& extension : list) {
    if (extension.name != kDeflateName) continue;
    Offer offer;
    if (std::all_of(extension.parameters.begin(), extension.parameters.end(),
                    [&](const Parameter& parameter) { return offer.take(parameter); })) {
      answer.accepted = offer.parameters();
      break;
    }
  }
  return answer;
}

}  // namespace securechat::net

// The encodings of text.h: dates, base64url and hex.
#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"

namespace securechat {
namespace {

constexpr std::uint8_t kNoDigit = 0xFF;

// The 64 digits of RFC 4648 section 4 or 5, and the way back.
struct Base64 {
  std::string_view digits;
  std::array<std::uint8_t, 256> values;
};

constexpr Base64 make_base64(std::string_view digits) {
  Base64 base{digits, {}};
  for (std::uint8_t& value : base.values) {
    value = kNoDigit;
  }
  for (std::size_t i = 0; i < digits.size(); ++i) {
    base.values[static_cast<unsigned char>(digits[i])] = static_cast<std::uint8_t>(i);
  }
  return base;
}
constexpr Base64 kBase64 =
    make_base64("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
constexpr Base64 kBase64Url =
    make_base64("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");

bool decode_base64(const Base64& base, std::string_view text, std::string& out) {
  out.clear();
  if (text.size() % 4 == 1) {
    return false;
  }
  out.reserve(text.size() / 4 * 3 + 2);
  std::uint32_t bits = 0;
  unsigned held = 0;
  for (const char c : text) {
    const std::uint8_t value = base.values[static_cast<unsigned char>(c)];
    if (value == kNoDigit) {
      out.clear();
      return false;
    }
    bits = (bits << 6 | value) & 0xFFFF;
    held += 6;
    if (held >= 8) {
      held -= 8;
      out.push_back(static_cast<char>(static_cast<unsigned char>(bits >> held)));
    }
  }
  if ((bits & ((1U << held) - 1)) != 0) {
    out.clear();
    return false;
  }
  return true;
}

void encode_base64(const Base64& base, std::string_view bytes, std::string& out) {
  out.reserve(out.size() + (bytes.size() + 2) / 3 * 4);
  std::uint32_t bits = 0;
  unsigned held = 0;
  for (const char c : bytes) {
    bits = (bits << 8 | static_cast<unsigned char>(c)) & 0xFFFF;
    held += 8;
    while (held >= 6) {
      held -= 6;
      out.push_back(base.digits[bits >> held & 0x3F]);
    }
  }
  if (held > 0) {
    out.push_back(base.digits[bits << (6 - held) & 0x3F]);
  }
}

constexpr std::int64_t kDayMs = 86'400'000;

struct Date {
  std::int64_t year;
  std::int64_t month;
  std::int64_t day;
};

// Howard Hinnant's calendar arithmetic: days since 1970-01-01 and back, in the proleptic Gregorian
// calendar. Eras are 400 years, years start in March so that the leap day is the last one.
Date date_of_days(std::int64_t days) {
  days += 719'468;
  const std::int64_t era = (days >= 0 ? days : days - 146'096) / 146'097;
  const std::int64_t day_of_era = days - era * 146'097;
  const std::int64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const std::int64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t march_month = (5 * day_of_year + 2) / 153;
  const std::int64_t month = march_month < 10 ? march_month + 3 : march_month - 9;
  return {year_of_era + era * 400 + (month <= 2 ? 1 : 0), month,
          day_of_year - (153 * march_month + 2) / 5 + 1};
}

std::int64_t days_of_date(const Date& date) {
  const std::int64_t year = date.year - (date.month <= 2 ? 1 : 0);
  const std::int64_t era = (year >= 0 ? year : year - 399) / 400;
  const std::int64_t year_of_era = year - era * 400;
  const std::int64_t march_month = date.month > 2 ? date.month - 3 : date.month + 9;
  const std::int64_t day_of_year = (153 * march_month + 2) / 5 + date.day - 1;
  const std::int64_t day_of_era =
      year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146'097 + day_of_era - 719'468;
}

bool is_leap(std::int64_t year) {
  return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

std::int64_t days_in_month(std::int64_t year, std::int64_t month) {
  if (month == 2) {
    return is_leap(year) ? 29 : 28;
  }
  return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

// The number that `size` digits at `at` make.
std::int64_t digits(std::string_view text, std::size_t at, std::size_t size) {
  std::int64_t value = 0;
  for (const char c : text.substr(at, size)) {
    value = value * 10 + (c - '0');
  }
  return value;
}

}  // namespace

Iso8601::Iso8601(std::int64_t unix_ms) {
  std::int64_t days = unix_ms / kDayMs;
  std::int64_t rest = unix_ms % kDayMs;
  if (rest < 0) {
    rest += kDayMs;
    --days;
  }
  const Date date = date_of_days(days);
  // JavaScript writes years outside 0 to 9999 with a sign and six digits; its own end there.
  if (date.year >= 0 && date.year <= 9999) {
    put(date.year, 4);
  } else {
    put(date.year < 0 ? '-' : '+');
    const std::int64_t year = date.year < 0 ? -date.year : date.year;
    std::size_t width = 6;
    for (std::int64_t beyond = 1'000'000; year >= beyond; beyond *= 10) ++width;
    put(year, width);
  }
  const std::pair<char, std::int64_t> parts[] = {{'-', date.month},
                                                 {'-', date.day},
                                                 {'T', rest / 3'600'000},
                                                 {':', rest / 60'000 % 60},
                                                 {':', rest / 1000 % 60}};
  for (const auto& [before, value] : parts) {
    put(before);
    put(value, 2);
  }
  put('.');
  put(rest % 1000, 3);
  put('Z');
}

void Iso8601::put(std::int64_t value, std::size_t width) {
  for (std::size_t i = size_ + width; i > size_; value /= 10) {
    text_[--i] = static_cast<char>('0' + value % 10);
  }
  size_ += width;
}

std::string iso8601(std::int64_t unix_ms) {
  return std::string(Iso8601(unix_ms).text());
}

std::int64_t parse_iso8601(std::string_view text) {
  constexpr std::string_view kShape = "dddd-dd-ddTdd:dd:dd.dddZ";
  if (text.size() != kShape.size()) {
    return -1;
  }
  for (std::size_t i = 0; i < kShape.size(); ++i) {
    if (kShape[i] == 'd' ? text[i] < '0' || text[i] > '9' : text[i] != kShape[i]) {
      return -1;
    }
  }
  const Date date{digits(text, 0, 4), digits(text, 5, 2), digits(text, 8, 2)};
  const std::int64_t hour = digits(text, 11, 2);
  const std::int64_t minute = digits(text, 14, 2);
  const std::int64_t second = digits(text, 17, 2);
  if (date.month < 1 || date.month > 12 || date.day < 1 ||
      date.day > days_in_month(date.year, date.month) || hour > 23 || minute > 59 || second > 59) {
    return -1;
  }
  return days_of_date(date) * kDayMs + ((hour * 60 + minute) * 60 + second) * 1000 +
         digits(text, 20, 3);
}

bool base64url_decode(std::string_view text, std::string& out) {
  return decode_base64(kBase64Url, text, out);
}

std::string base64url_encode(std::string_view bytes) {
  std::string out;
  encode_base64(kBase64Url, bytes, out);
  return out;
}

bool base64_decode(std::string_view text, std::string& out) {
  out.clear();
  if (text.size() % 4 != 0) {
    return false;
  }
  for (int signs = 0; signs < 2 && text.ends_with('='); ++signs) {
    text.remove_suffix(1);
  }
  return decode_base64(kBase64, text, out);
}

void base64_append(std::string& out, std::string_view bytes) {
  encode_base64(kBase64, bytes, out);
  out.append((3 - bytes.size() % 3) % 3, '=');
}

std::string hex_encode(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    out.push_back(kDigits[byte >> 4]);
    out.push_back(kDigits[byte & 0xF]);
  }
  return out;
}

}  // namespace securechat

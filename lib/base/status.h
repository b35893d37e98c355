#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace securechat {

// Why an operation failed. The values are those of the public SECURECHAT_ERR_* constants, so that
// the ABI shim converts by a cast; capi/boundary.cc asserts that the two lists agree.
enum class Code : std::int32_t {
  kOk = 0,
  kInvalid = -1,
  kNoMemory = -2,
  kState = -3,
  kNotFound = -4,
  kExists = -5,
  kAgain = -6,
  kAuth = -7,
  kDenied = -8,
  kDatabase = -9,
  kTls = -10,
  kNetwork = -11,
  kForked = -12,
  kThread = -13,
  kUnsupported = -14,
  kInternal = -15,
};

// The outcome of an operation: success, or a code and a sentence that names what was wrong and
// what to do about it. Errors travel as values; exceptions are left to the standard library and
// stop at the ABI.
class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(Code code, std::string message) : code_(code), message_(std::move(message)) {}

  [[nodiscard]] bool ok() const { return code_ == Code::kOk; }
  [[nodiscard]] Code code() const { return code_; }
  [[nodiscard]] const std::string& message() const { return message_; }

 private:
  Code code_ = Code::kOk;
  std::string message_;
};

// A value, or the Status that says why there is none. Reading the value of a failed result throws
// std::bad_optional_access, as a defect of the caller.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : value_(std::move(value)) {}
  Result(Status status) : status_(std::move(status)) {}
  Result(Code code, std::string message) : status_(code, std::move(message)) {}

  [[nodiscard]] bool ok() const { return value_.has_value(); }
  [[nodiscard]] const Status& status() const { return status_; }
  [[nodiscard]] Code code() const { return status_.code(); }
  [[nodiscard]] const std::string& message() const { return status_.message(); }

  T& operator*() & { return value_.value(); }
  const T& operator*() const& { return value_.value(); }
  T&& operator*() && { return std::move(value_).value(); }
  T* operator->() { return &value_.value(); }
  const T* operator->() const { return &value_.value(); }

 private:
  Status status_;
  std::optional<T> value_;
};

}  // namespace securechat

#pragma once

#include <memory>
#include <utility>

namespace securechat {

// A value that many share and nobody changes, such as the options that the connections of one time
// have in common. Made from a plain value without ado; copies share it.
template <typename T>
class SharedValue {
 public:
  SharedValue(T value) : value_(std::make_shared<const T>(std::move(value))) {}
  const T& operator*() const { return *value_; }
  const T* operator->() const { return value_.get(); }

 private:
  std::shared_ptr<const T> value_;  // Never null, except when moved from.
};

}  // namespace securechat

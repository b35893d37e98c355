#pragma once

#include <memory>
#include <type_traits>
#include <utility>

namespace securechat {

template <typename Signature>
class UniqueFunction;

// A callable that may own move-only captures and is called at most by one owner. C++20 lacks
// std::move_only_function; std::function would force every capture to be copyable.
template <typename R, typename... Args>
class UniqueFunction<R(Args...)> {
 public:
  UniqueFunction() = default;
  UniqueFunction(std::nullptr_t) {}

  template <typename F>
  requires(!std::is_same_v<std::remove_cvref_t<F>, UniqueFunction> &&
           std::is_invocable_r_v<R, std::remove_cvref_t<F>&, Args...>) UniqueFunction(F&& callable)
      : target_(std::make_unique<Model<std::remove_cvref_t<F>>>(std::forward<F>(callable))) {}

  explicit operator bool() const { return target_ != nullptr; }
  R operator()(Args... args) { return target_->call(std::forward<Args>(args)...); }

 private:
  struct Concept {
    virtual ~Concept() = default;
    virtual R call(Args... args) = 0;
  };
  template <typename F>
  struct Model final : Concept {
    template <typename G>
    explicit Model(G&& callable) : callable_(std::forward<G>(callable)) {}
    R call(Args... args) override { return callable_(std::forward<Args>(args)...); }
    F callable_;
  };

  std::unique_ptr<Concept> target_;
};

using Task = UniqueFunction<void()>;

}  // namespace securechat
